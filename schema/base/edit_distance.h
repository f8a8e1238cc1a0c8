#pragma once

#include <cstddef>
#include <string_view>

namespace spin {

/// Levenshtein's, in bytes: for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace spin
