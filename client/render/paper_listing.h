#pragma once

#include <string>
#include <vector>

#include "client/render/table.h"
#include "schema/paper/published.h"

namespace spin::render {

/// "768/32/14/3", or without a kernel where there is none; "@322" behind it where the images are not of 224
/// pixels.
std::string shape_text(const PublishedRow& row);
/// "middle sequential 2". Precondition: it shares.
std::string sharing_text(const PublishedRow& row);
/// "mean", "mean (random)".
std::string fusion_text(const PublishedRow& row);

/// One row per published network, its numbers as the paper prints them.
Table paper_table(std::vector<PublishedRow> rows);

}  // namespace spin::render
