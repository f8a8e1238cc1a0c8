#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "schema/base/text.h"

namespace spin::render {

/// Columns that a terminal gives the text: 0 for combining marks, 2 for wide East Asian characters and emoji.
std::size_t display_width(std::string_view text);

/// The characters that the reader's terminal can show.
enum class Charset { utf8, ascii };

/// spin::printable(). ASCII: the signs that spin itself writes have a spelling (+-, ...); any other character
/// stands as \u00e9.
std::string printable(std::string_view text, Charset charset = Charset::utf8);

/// JSON text in which what may steer a terminal (DEL, the C1 control characters, line and paragraph
/// separators, bidirectional controls) stands as \u009b, which means the same to whoever parses it.
std::string escaped_json(std::string json);

/// Which part of a text gives way when it is too long. `front` keeps a few columns of the beginning.
enum class Cut { end, middle, front };

/// At most `width` columns; an ellipsis stands where something was cut.
std::string shorten(std::string_view text, std::size_t width, Cut cut, Charset charset = Charset::utf8);

}  // namespace spin::render
