#include "proto/wire/text.h"

#include "schema/base/text.h"

namespace spin::wire {
std::string valid_utf8(std::string_view text) {
  // Nearly all text is plain; without a branch in the loop, the compiler looks at many bytes at once.
  unsigned char bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  if (bits < 0x80) return std::string(text);
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_character(text);
    valid += character.valid ? character.bytes : "\xEF\xBF\xBD";
    text.remove_prefix(character.bytes.size());
  }
  return valid;
}

}  // namespace spin::wire
