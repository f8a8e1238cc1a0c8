#include "client/render/text.h"

#include <algorithm>
#include <array>

#include <utf8proc.h>

#include "schema/base/hex.h"

namespace spin::render {
namespace {

/// Columns of the beginning that a cut at the front leaves, where there is room.
constexpr std::size_t kFrontColumns = 4;

std::string_view ellipsis(Charset charset) { return charset == Charset::utf8 ? "\u2026" : "..."; }

std::size_t width_of(char32_t code) {
  return static_cast<std::size_t>(utf8proc_charwidth(static_cast<utf8proc_int32_t>(code)));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The longest beginning of at most `width` columns.
std::string_view head(std::string_view text, std::size_t width) {
  std::size_t bytes = 0;
  std::size_t used = 0;
  while (bytes < text.size()) {
    const auto character = first_character(text.substr(bytes));
    used += width_of(character.code);
    if (used > width) break;
    bytes += character.bytes.size();
  }
  return text.substr(0, bytes);
}

/// The longest end of at most `width` columns.
std::string_view tail(std::string_view text, std::size_t width) {
  std::size_t left = display_width(text);
  while (left > width) {
    const auto character = first_character(text);
    left -= width_of(character.code);
    text.remove_prefix(character.bytes.size());
  }
  return text;
}

struct Spelling {
  char32_t code;
  std::string_view ascii;
};
/// Of what spin writes itself.
constexpr std::array kSpellings{Spelling{U'\u00B1', "+-"},    Spelling{U'\u2026', "..."},
                                Spelling{U'\u03A9', "Omega"}, Spelling{U'\u03A3', "Sum"},
                                Spelling{U'\u00D7', "x"},     Spelling{U'\u2013', "-"}};

bool steers_terminals(char32_t code) {
  return (code >= 0x7F && code <= 0x9F) || code == 0x061C || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::string ascii_of(const Character& character) {
  for (const auto& spelling : kSpellings)
    if (spelling.code == character.code) return std::string(spelling.ascii);
  return escaped(character);
}

}  // namespace

std::size_t display_width(std::string_view text) {
  if (is_ascii(text)) return text.size();
  std::size_t width = 0;
  while (!text.empty()) {
    const auto character = first_character(text);
    width += width_of(character.code);
    text.remove_prefix(character.bytes.size());
  }
  return width;
}

std::string printable(std::string_view text, Charset charset) {
  const std::string line = spin::printable(text);
  if (charset == Charset::utf8 || is_ascii(line)) return line;
  std::string result;
  for (std::string_view rest = line; !rest.empty();) {
    const auto character = first_character(rest);
    result += character.code < 0x80 ? std::string(character.bytes) : ascii_of(character);
    rest.remove_prefix(character.bytes.size());
  }
  return result;
}

std::string escaped_json(std::string json) {
  const bool is_plain =
      std::all_of(json.begin(), json.end(), [](char c) { return static_cast<unsigned char>(c) < 0x7F; });
  if (is_plain) return json;
  std::string result;
  for (std::string_view rest = json; !rest.empty();) {
    const auto character = first_character(rest);
    if (steers_terminals(character.code)) {
      (result += "\\u") += hex_digits(character.code, 4);
    } else {
      result += character.bytes;
    }
    rest.remove_prefix(character.bytes.size());
  }
  return result;
}

std::string shorten(std::string_view text, std::size_t width, Cut cut, Charset charset) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view dots = ellipsis(charset);
  const std::size_t dots_width = display_width(dots);
  if (width < dots_width) return std::string(dots.substr(0, charset == Charset::utf8 ? 0 : width));
  const std::size_t kept = width - dots_width;
  const std::size_t behind = cut == Cut::end      ? 0
                             : cut == Cut::middle ? kept / 2
                                                  : kept - std::min(kFrontColumns, kept / 2);
  std::string result(head(text, kept - behind));
  result += dots;
  result += tail(text, behind);
  return result;
}

}  // namespace spin::render
