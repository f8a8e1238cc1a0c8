#pragma once

#include <string>
#include <string_view>

namespace spin::wire {

/// The text with every byte that is not part of valid UTF-8 replaced by U+FFFD. A peer's protobuf refuses the
/// whole message otherwise, and logs and error messages carry whatever a trainer printed.
std::string valid_utf8(std::string_view text);

}  // namespace spin::wire
