#include "client/render/table.h"

#include "client/render/table_formats.h"

namespace spin::render {

void write_table(std::ostream& out, const Table& table, Format format, const Style& style) {
  switch (format) {
    case Format::table:
      return write_text(out, table, style);
    case Format::json:
      return write_json(out, table);
    case Format::csv:
      return write_csv(out, table, style);
    case Format::markdown:
      return write_markdown(out, table);
  }
}

}  // namespace spin::render
