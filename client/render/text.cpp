#include "client/render/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace spin::render {
namespace {

/// Columns of the beginning that a cut at the front leaves, where there is room.
constexpr std::size_t kFrontColumns = 4;

std::string_view ellipsis(Charset charset) { return charset == Charset::utf8 ? "\u2026" : "..."; }

struct Range {
  char32_t first, last;
};
// The blocks that matter for names, labels and messages (Unicode 15, EastAsianWidth.txt and categories Mn,
// Me, Cf).
constexpr std::array kZeroWidth{Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD},
                                Range{0x0610, 0x061A}, Range{0x064B, 0x065F}, Range{0x1AB0, 0x1AFF},
                                Range{0x1DC0, 0x1DFF}, Range{0x200B, 0x200F}, Range{0x202A, 0x202E},
                                Range{0x2060, 0x2064}, Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F},
                                Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF}, Range{0xE0100, 0xE01EF}};
constexpr std::array kDoubleWidth{Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0x33FF},
                                  Range{0x3400, 0x4DBF},   Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},
                                  Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},
                                  Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
                                  Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};

template <std::size_t N>
bool lies_in(const std::array<Range, N>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](const Range& range) { return code >= range.first && code <= range.last; });
}

std::size_t width_of(char32_t code) {
  if (code < 0x300) return 1;
  if (lies_in(kZeroWidth, code)) return 0;
  return lies_in(kDoubleWidth, code) ? 2 : 1;
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

std::string ascii_of(char32_t code) {
  for (const auto& spelling : kSpellings)
    if (spelling.code == code) return std::string(spelling.ascii);
  return fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
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
    result += character.code < 0x80 ? std::string(character.bytes) : ascii_of(character.code);
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
      result += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(character.code));
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
