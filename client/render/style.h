#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "client/render/text.h"

namespace spin::render {

/// What a piece of text means; a terminal shows it as a colour.
enum class Tone { plain, heading, muted, accent, good, warning, bad };

/// How text is laid out for its reader.
struct Style {
  std::size_t width = 0;  ///< columns of the terminal; 0 = unlimited
  bool colour = false;
  Charset charset = Charset::utf8;
  bool is_terminal = false;  ///< and no control character may reach it
};

/// What the user's locale says. The texts are the values of LC_ALL, LC_CTYPE and LANG; null or empty = not
/// set.
Charset charset_of_locale(const char* lc_all, const char* lc_ctype, const char* lang);

/// Colours only on a terminal that has them, and not where NO_COLOR is set to anything
/// (https://no-color.org). The texts are the values of NO_COLOR and TERM; null = not set.
bool wants_colour(bool is_terminal, const char* no_color, const char* term);

/// Between the codes of its tone where the style has colour.
std::string painted(std::string_view text, Tone tone, const Style& style);

}  // namespace spin::render
