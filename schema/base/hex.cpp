#include "schema/base/hex.h"

#include <charconv>

namespace spin {

std::string hex_digits(std::uint64_t number, int digits, HexCase letters) {
  const char* const alphabet = letters == HexCase::upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4)
    *digit = alphabet[number & 15];
  return text;
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) text += hex_digits(static_cast<unsigned char>(byte), 2);
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0 || !is_hex(text)) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (const char* pair = text.data(); pair != text.data() + text.size(); pair += 2) {
    unsigned char byte = 0;
    std::from_chars(pair, pair + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace spin
