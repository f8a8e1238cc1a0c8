#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spin {

enum class HexCase { lower, upper };

/// The last `digits` hexadecimal digits of a number, zeros in front included.
std::string hex_digits(std::uint64_t number, int digits, HexCase letters = HexCase::lower);
/// Two lower-case digits a byte.
std::string to_hex(std::string_view bytes);
/// The bytes that the text, digits of either case, stands for; nothing where it holds anything else or half a
/// byte.
std::optional<std::string> from_hex(std::string_view text);
/// Whether all of the text is hexadecimal digits, of either case.
bool is_hex(std::string_view text);

}  // namespace spin
