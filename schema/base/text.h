#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spin {

/// At most `limit` bytes of UTF-8 text, cut between characters; "..." shows where it was cut. `limit` is 3 or
/// more.
std::string shortened(std::string_view text, std::size_t limit);

/// One character of UTF-8 text. A byte that belongs to none is a character of its own.
struct Character {
  std::string_view bytes;
  char32_t code = 0;  ///< U+FFFD of such a byte
  bool valid = true;
};

/// Precondition: the text is not empty.
Character first_character(std::string_view text);

/// The character as printable() writes one that nobody can see: \n, \x1b, \u200b, \U000e0001.
std::string escaped(const Character& character);

/// The text as one line that is safe to print and shows all that it holds: what nobody can see (control
/// characters, among them line breaks, tabs and the escape that starts terminal commands; no-break and other
/// odd spaces; zero-width and bidirectional characters) and bytes that are not UTF-8 stand as \n, \t, \x1b,
/// \u200b, \xff. For every text of others that reaches a terminal, a log or an error: file names, keys,
/// messages of libraries.
std::string printable(std::string_view text);

/// "U+00A0 NO-BREAK SPACE, U+200B ZERO WIDTH SPACE": the characters of the text that nobody can see or that
/// are taken for others, each once; empty where there are none. A line break or tab counts.
std::string hidden_characters(std::string_view text);

/// What a person takes the text for: without what nobody can see, odd spaces as spaces, fullwidth letters,
/// letters of other scripts that look like Latin ones, dashes and quotation marks as ASCII has them, no
/// accents that stand as characters of their own.
std::string as_seen(std::string_view text);

/// Whether the text is 1 to `longest` letters, digits, - _ . of ASCII: what names of sweeps, workers and
/// labels are made of.
[[nodiscard]] bool is_name(std::string_view text, std::size_t longest);
/// "1 to 64 letters, digits, - _ . are accepted".
std::string name_rule(std::size_t longest);

/// Whether it holds a control character of ASCII that is not `allowed`.
[[nodiscard]] bool has_control_characters(std::string_view text, std::string_view allowed = "");

}  // namespace spin
