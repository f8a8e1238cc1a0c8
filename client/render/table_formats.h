#pragma once

#include "client/render/table.h"

// The formats behind write_table().

namespace spin::render {

/// What is known of the columns after one look at every row.
struct Layout {
  std::vector<std::size_t> widths;  ///< widest cell or title
  std::vector<bool> shown;          ///< to people
};
Layout measure(const Table& table, Charset charset = Charset::utf8);

void write_text(std::ostream& out, const Table& table, const Style& style);
void write_json(std::ostream& out, const Table& table);
void write_csv(std::ostream& out, const Table& table, const Style& style);
void write_markdown(std::ostream& out, const Table& table);

}  // namespace spin::render
