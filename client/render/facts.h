#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/render/table.h"
#include "schema/job/report.h"

namespace spin::render {

/// What is known of one thing, as people read it: names and values.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// The facts stay with the caller and outlive the table.
Table facts_table(const Facts& facts);
/// What was measured, but for the network's own numbers, and what it was trained on.
void add_result(Facts& facts, const JobResult& result);

}  // namespace spin::render
