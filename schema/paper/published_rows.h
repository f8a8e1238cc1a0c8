#pragma once

#include <array>
#include <span>
#include <string_view>

namespace spin {

/// One line of published.csv, in the order of its columns.
using PublishedTexts = std::array<std::string_view, 18>;

std::span<const PublishedTexts> published_texts();

}  // namespace spin
