#include "client/render/key_listing.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "client/render/cells.h"

namespace spin::render {
namespace {

constexpr std::size_t kUsualWidth = 100;  ///< where there is no terminal
constexpr std::string_view kIndent = "    ";

std::string first_line(const sweep::KeyDoc& doc) {
  return fmt::format("{}{}; default: {}", doc.type, doc.accepted.empty() ? "" : ", " + doc.accepted,
                     doc.otherwise);
}

/// Words of `text`, from column `at` on; lines that follow are indented.
void write_wrapped(std::ostream& out, std::string_view text, std::size_t at, std::size_t width) {
  bool is_first = true;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const std::size_t gap = is_first ? 0 : 1;
    if (at + gap + word.size() > width && at > kIndent.size()) {
      out << '\n' << kIndent;
      at = kIndent.size();
    } else {
      out << std::string_view(" ").substr(0, gap);
      at += gap;
    }
    out << word;
    at += word.size();
    is_first = false;
  }
  out << '\n';
}

}  // namespace

void write_keys(std::ostream& out, const std::vector<sweep::KeyDoc>& docs, const Style& style) {
  const std::size_t width = style.width == 0 ? kUsualWidth : style.width;
  for (const auto& doc : docs) {
    out << painted(doc.path, Tone::heading, style) << "  ";
    write_wrapped(out, first_line(doc), doc.path.size() + 2, width);
    out << kIndent;
    write_wrapped(out, doc.meaning + (doc.source.empty() ? "" : " (" + doc.source + ")"), kIndent.size(),
                  width);
  }
}

Table key_table(std::vector<sweep::KeyDoc> docs) {
  const auto rows = std::make_shared<const std::vector<sweep::KeyDoc>>(std::move(docs));
  return {
      {{.key = "key", .title = "key"},
       {.key = "type", .title = "type"},
       {.key = "accepted", .title = "accepted", .drop_if = ""},
       {.key = "default", .title = "default"},
       {.key = "meaning", .title = "meaning"},
       {.key = "source", .title = "source", .drop_if = ""}},
      rows->size(),
      [rows](std::size_t i) -> Row {
        const auto& doc = (*rows)[i];
        return {
            text_cell(doc.path),      text_cell(doc.type),    optional_text_cell(doc.accepted),
            text_cell(doc.otherwise), text_cell(doc.meaning), optional_text_cell(doc.source, Tone::muted)};
      }};
}

}  // namespace spin::render
