#pragma once

#include <string>
#include <string_view>

namespace spin {

/// Percent-encoding of RFC 3986: letters, digits, - . _ ~ / and what is in `kept` stay, every other byte
/// becomes %XX.
std::string percent_encoded(std::string_view text, std::string_view kept = "");
/// What is no %XX stays.
std::string percent_decoded(std::string_view text);

}  // namespace spin
