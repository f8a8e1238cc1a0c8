#include "schema/base/percent.h"

#include "schema/base/hex.h"

namespace spin {

std::string percent_encoded(std::string_view text, std::string_view kept) {
  constexpr std::string_view kUnreserved =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string encoded;
  for (const char character : text) {
    if (kUnreserved.find(character) != std::string_view::npos ||
        kept.find(character) != std::string_view::npos) {
      encoded += character;
    } else {
      encoded += "%" + hex_digits(static_cast<unsigned char>(character), 2, HexCase::upper);
    }
  }
  return encoded;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const auto byte = text.size() >= 3 && text[0] == '%' ? from_hex(text.substr(1, 2)) : std::nullopt;
    decoded += byte ? byte->front() : text[0];
    text.remove_prefix(byte ? 3 : 1);
  }
  return decoded;
}

}  // namespace spin
