#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "client/render/display.h"
#include "client/render/style.h"
#include "client/render/table.h"

// What the client knows of its own terminal.

namespace spin::cli {

/// What the user's terminal can show, by the locale.
render::Charset own_charset();

/// Colours and width of a standard stream (STDOUT_FILENO, STDERR_FILENO).
render::Style style_of(int fd);

/// Live on a terminal, else plain lines. Writes to the standard stream itself.
std::unique_ptr<render::ProgressDisplay> make_display(int fd);

/// Writes a listing to standard output; one without rows says `nothing` on standard error.
void print_listing(const render::Table& table, render::Format format, std::string_view nothing);

/// Writes the one row of a table for machines to standard output: JSON is an object.
void print_object(const render::Table& table, render::Format format);

/// Wall clock, Unix.
std::int64_t wall_ms();

}  // namespace spin::cli
