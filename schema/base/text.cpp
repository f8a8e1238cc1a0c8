#include "schema/base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "schema/base/hex.h"

namespace spin {
namespace {

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

bool is_overlong_or_surrogate(char32_t code, std::size_t length) {
  return (length == 3 && code < 0x800) || (length == 4 && code < 0x10000) || code > 0x10FFFF ||
         (code >= 0xD800 && code <= 0xDFFF);
}

/// Calls `visit` with every character.
template <class Visit>
void each_character(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const auto character = first_character(text);
    visit(character);
    text.remove_prefix(character.bytes.size());
  }
}

/// A character that is not what it seems; names are those of Unicode 15.
struct Deceptive {
  char32_t code;
  char seen;  ///< the ASCII character that a person takes it for; 0 = nothing is seen
  const char* name;
};

constexpr std::array kDeceptive{
    Deceptive{0x00, 0, "NULL"},
    Deceptive{0x07, 0, "BELL"},
    Deceptive{0x08, 0, "BACKSPACE"},
    Deceptive{0x09, ' ', "TABULATION"},
    Deceptive{0x0A, ' ', "LINE FEED"},
    Deceptive{0x0B, ' ', "LINE TABULATION"},
    Deceptive{0x0C, ' ', "FORM FEED"},
    Deceptive{0x0D, ' ', "CARRIAGE RETURN"},
    Deceptive{0x1B, 0, "ESCAPE"},
    Deceptive{0x7F, 0, "DELETE"},
    Deceptive{0x85, ' ', "NEXT LINE"},
    Deceptive{0x9B, 0, "CONTROL SEQUENCE INTRODUCER"},
    Deceptive{0xA0, ' ', "NO-BREAK SPACE"},
    Deceptive{0xAD, 0, "SOFT HYPHEN"},
    Deceptive{0x0131, 'i', "LATIN SMALL LETTER DOTLESS I"},
    Deceptive{0x034F, 0, "COMBINING GRAPHEME JOINER"},
    Deceptive{0x03BF, 'o', "GREEK SMALL LETTER OMICRON"},
    Deceptive{0x0430, 'a', "CYRILLIC SMALL LETTER A"},
    Deceptive{0x0435, 'e', "CYRILLIC SMALL LETTER IE"},
    Deceptive{0x043E, 'o', "CYRILLIC SMALL LETTER O"},
    Deceptive{0x0440, 'p', "CYRILLIC SMALL LETTER ER"},
    Deceptive{0x0441, 'c', "CYRILLIC SMALL LETTER ES"},
    Deceptive{0x0443, 'y', "CYRILLIC SMALL LETTER U"},
    Deceptive{0x0445, 'x', "CYRILLIC SMALL LETTER HA"},
    Deceptive{0x0455, 's', "CYRILLIC SMALL LETTER DZE"},
    Deceptive{0x0456, 'i', "CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I"},
    Deceptive{0x0458, 'j', "CYRILLIC SMALL LETTER JE"},
    Deceptive{0x061C, 0, "ARABIC LETTER MARK"},
    Deceptive{0x115F, 0, "HANGUL CHOSEONG FILLER"},
    Deceptive{0x1160, 0, "HANGUL JUNGSEONG FILLER"},
    Deceptive{0x1680, ' ', "OGHAM SPACE MARK"},
    Deceptive{0x180E, 0, "MONGOLIAN VOWEL SEPARATOR"},
    Deceptive{0x2000, ' ', "EN QUAD"},
    Deceptive{0x2001, ' ', "EM QUAD"},
    Deceptive{0x2002, ' ', "EN SPACE"},
    Deceptive{0x2003, ' ', "EM SPACE"},
    Deceptive{0x2004, ' ', "THREE-PER-EM SPACE"},
    Deceptive{0x2005, ' ', "FOUR-PER-EM SPACE"},
    Deceptive{0x2006, ' ', "SIX-PER-EM SPACE"},
    Deceptive{0x2007, ' ', "FIGURE SPACE"},
    Deceptive{0x2008, ' ', "PUNCTUATION SPACE"},
    Deceptive{0x2009, ' ', "THIN SPACE"},
    Deceptive{0x200A, ' ', "HAIR SPACE"},
    Deceptive{0x200B, 0, "ZERO WIDTH SPACE"},
    Deceptive{0x200C, 0, "ZERO WIDTH NON-JOINER"},
    Deceptive{0x200D, 0, "ZERO WIDTH JOINER"},
    Deceptive{0x200E, 0, "LEFT-TO-RIGHT MARK"},
    Deceptive{0x200F, 0, "RIGHT-TO-LEFT MARK"},
    Deceptive{0x2010, '-', "HYPHEN"},
    Deceptive{0x2011, '-', "NON-BREAKING HYPHEN"},
    Deceptive{0x2012, '-', "FIGURE DASH"},
    Deceptive{0x2013, '-', "EN DASH"},
    Deceptive{0x2014, '-', "EM DASH"},
    Deceptive{0x2018, '\'', "LEFT SINGLE QUOTATION MARK"},
    Deceptive{0x2019, '\'', "RIGHT SINGLE QUOTATION MARK"},
    Deceptive{0x201C, '"', "LEFT DOUBLE QUOTATION MARK"},
    Deceptive{0x201D, '"', "RIGHT DOUBLE QUOTATION MARK"},
    Deceptive{0x2028, ' ', "LINE SEPARATOR"},
    Deceptive{0x2029, ' ', "PARAGRAPH SEPARATOR"},
    Deceptive{0x202A, 0, "LEFT-TO-RIGHT EMBEDDING"},
    Deceptive{0x202B, 0, "RIGHT-TO-LEFT EMBEDDING"},
    Deceptive{0x202C, 0, "POP DIRECTIONAL FORMATTING"},
    Deceptive{0x202D, 0, "LEFT-TO-RIGHT OVERRIDE"},
    Deceptive{0x202E, 0, "RIGHT-TO-LEFT OVERRIDE"},
    Deceptive{0x202F, ' ', "NARROW NO-BREAK SPACE"},
    Deceptive{0x205F, ' ', "MEDIUM MATHEMATICAL SPACE"},
    Deceptive{0x2060, 0, "WORD JOINER"},
    Deceptive{0x2066, 0, "LEFT-TO-RIGHT ISOLATE"},
    Deceptive{0x2067, 0, "RIGHT-TO-LEFT ISOLATE"},
    Deceptive{0x2068, 0, "FIRST STRONG ISOLATE"},
    Deceptive{0x2069, 0, "POP DIRECTIONAL ISOLATE"},
    Deceptive{0x2212, '-', "MINUS SIGN"},
    Deceptive{0x3000, ' ', "IDEOGRAPHIC SPACE"},
    Deceptive{0x3164, 0, "HANGUL FILLER"},
    Deceptive{0xFEFF, 0, "ZERO WIDTH NO-BREAK SPACE (byte order mark)"},
    Deceptive{0xFFA0, 0, "HALFWIDTH HANGUL FILLER"},
};

const Deceptive* find_deceptive(char32_t code) {
  const auto found =
      std::lower_bound(kDeceptive.begin(), kDeceptive.end(), code,
                       [](const Deceptive& entry, char32_t wanted) { return entry.code < wanted; });
  return found != kDeceptive.end() && found->code == code ? &*found : nullptr;
}

bool is_fullwidth(char32_t code) { return code >= 0xFF01 && code <= 0xFF5E; }
/// Accents that stand behind their letter, as decomposed text (NFD) has them.
bool is_combining(char32_t code) { return code >= 0x0300 && code <= 0x036F; }

/// Whether nothing of it is seen, or no more than a gap.
bool is_unseen(char32_t code) {
  if (code == ' ') return false;
  if (code < 0x20 || (code >= 0x7F && code <= 0xA0)) return true;
  if (code < 0x300) return code == 0xAD;
  if (const auto* known = find_deceptive(code)) return known->seen == 0 || known->seen == ' ';
  return (code >= 0x2060 && code <= 0x206F) || (code >= 0xFFF9 && code <= 0xFFFB) ||
         (code >= 0xE0000 && code <= 0xE007F);
}

std::string name_of(char32_t code) {
  std::string text = "U+" + hex_digits(code, code > 0xFFFF ? 5 : 4, HexCase::upper);
  if (const auto* known = find_deceptive(code)) return (text += ' ') += known->name;
  if (is_fullwidth(code)) return (text += " FULLWIDTH ") += static_cast<char>(code - 0xFEE0);
  if (code == 0x0301) return text += " COMBINING ACUTE ACCENT";
  if (code == 0x0308) return text += " COMBINING DIAERESIS";
  if (is_combining(code)) return text += ", a combining accent";
  return text;
}

}  // namespace

std::string escaped(const Character& character) {
  if (!character.valid) return "\\x" + to_hex(character.bytes);
  if (character.code == '\n') return "\\n";
  if (character.code == '\r') return "\\r";
  if (character.code == '\t') return "\\t";
  if (character.code < 0x80) return "\\x" + hex_digits(character.code, 2);
  if (character.code <= 0xFFFF) return "\\u" + hex_digits(character.code, 4);
  return "\\U" + hex_digits(character.code, 8);
}

std::string shortened(std::string_view text, std::size_t limit) {
  constexpr std::string_view kCut = "...";
  if (text.size() <= limit) return std::string(text);
  const auto is_continuation = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t end = limit - kCut.size();
  while (end > 0 && is_continuation(end)) --end;
  return std::string(text.substr(0, end)) + std::string(kCut);
}

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = sequence_length(lead);
  const Character invalid{text.substr(0, 1), 0xFFFD, false};
  if (length == 0 || length > text.size()) return invalid;
  if (length == 1) return {text.substr(0, 1), lead, true};
  char32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return invalid;
    code = (code << 6U) | (byte & 0x3FU);
  }
  if (is_overlong_or_surrogate(code, length)) return invalid;
  return {text.substr(0, length), code, true};
}

std::string printable(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  each_character(text, [&line](const Character& character) {
    if (character.valid && !is_unseen(character.code))
      line += character.bytes;
    else
      line += escaped(character);
  });
  return line;
}

std::string hidden_characters(std::string_view text) {
  std::vector<char32_t> found;
  each_character(text, [&found](const Character& character) {
    const auto code = character.code;
    const bool deceives = is_unseen(code) || find_deceptive(code) || is_fullwidth(code) || is_combining(code);
    if (character.valid && deceives && std::find(found.begin(), found.end(), code) == found.end())
      found.push_back(code);
  });
  std::string names;
  for (const auto code : found) (names += names.empty() ? "" : ", ") += name_of(code);
  return names;
}

std::string as_seen(std::string_view text) {
  std::string seen;
  each_character(text, [&seen](const Character& character) {
    const auto code = character.code;
    if (const auto* known = find_deceptive(code)) {
      if (known->seen != 0) seen += known->seen;
    } else if (is_fullwidth(code)) {
      seen += static_cast<char>(code - 0xFEE0);
    } else if (!is_unseen(code) && !is_combining(code)) {
      seen += character.bytes;
    }
  });
  const auto first = seen.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return seen.substr(first, seen.find_last_not_of(' ') - first + 1);
}

bool is_name(std::string_view text, std::size_t longest) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  return !text.empty() && text.size() <= longest &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string name_rule(std::size_t longest) {
  return "1 to " + std::to_string(longest) + " letters, digits, - _ . are accepted";
}

bool has_control_characters(std::string_view text, std::string_view allowed) {
  return std::any_of(text.begin(), text.end(), [&](char c) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    return is_control && allowed.find(c) == std::string_view::npos;
  });
}

}  // namespace spin
