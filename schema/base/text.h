#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spin {

/// At most `limit` bytes of UTF-8 text, cut between characters; "..." shows where it was cut. `limit` is 3 or
/// more.
std::string shortened(std::string_view text, std::size_t limit);

}  // namespace spin
