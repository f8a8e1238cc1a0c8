#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "schema/base/text.h"

namespace spin::render {

/// Columns that a terminal gives the text: 0 for combining marks, 2 for wide East Asian characters and emoji.
std::size_t display_width(std::string_view text);

/// Which part of a text gives way when it is too long.
enum class Cut { end, middle };

/// At most `width` columns; an ellipsis stands where something was cut.
std::string shorten(std::string_view text, std::size_t width, Cut cut);

}  // namespace spin::render
