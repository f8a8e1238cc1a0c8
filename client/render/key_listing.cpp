#include "client/render/key_listing.h"

#include <memory>
#include <utility>

#include "client/render/cells.h"

namespace spin::render {

Table key_table(std::vector<sweep::KeyDoc> docs) {
  const auto rows = std::make_shared<const std::vector<sweep::KeyDoc>>(std::move(docs));
  return {
      {{.key = "key", .title = "key"},
       {.key = "type", .title = "type", .shrink = 2, .min_width = 12},
       {.key = "accepted", .title = "accepted", .shrink = 1, .min_width = 12, .drop_if = ""},
       {.key = "default", .title = "default", .shrink = 1, .min_width = 10},
       {.key = "meaning", .title = "meaning", .shrink = 3, .min_width = 16},
       {.key = "source", .title = "source", .shrink = 4, .min_width = 8, .drop_if = ""}},
      rows->size(),
      [rows](std::size_t i) -> Row {
        const auto& doc = (*rows)[i];
        return {
            text_cell(doc.path),      text_cell(doc.type),    optional_text_cell(doc.accepted),
            text_cell(doc.otherwise), text_cell(doc.meaning), optional_text_cell(doc.source, Tone::muted)};
      }};
}

}  // namespace spin::render
