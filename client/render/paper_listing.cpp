#include "client/render/paper_listing.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "client/render/cells.h"

namespace spin::render {
namespace {

TableCell word(std::string_view text) { return text_cell(std::string(text)); }
TableCell number(const PrintedNumber& number) {
  return {std::string(number.text), number.value, Tone::plain};
}
TableCell whole_if_given(const std::optional<int>& value) {
  return value ? whole_cell(*value) : TableCell{"", Missing{}, Tone::plain};
}

Row paper_row(const PublishedRow& row) {
  return {whole_cell(row.table),
          whole_cell(row.number),
          word(row.network),
          text_cell(shape_text(row)),
          row.mapping == "none" ? text_cell("-", Tone::muted) : text_cell(sharing_text(row)),
          word(row.family),
          whole_cell(row.channels),
          whole_cell(row.depth),
          whole_cell(row.patch),
          whole_if_given(row.kernel),
          whole_cell(row.resolution),
          word(row.distribution),
          word(row.mapping),
          whole_cell(row.share_rate),
          optional_text_cell(std::string(row.shared_components)),
          whole_if_given(row.transform_group),
          word(row.fusion),
          text_cell(fusion_text(row)),
          word(row.init),
          number(row.params_m),
          number(row.flops_g),
          row.top1 ? number(*row.top1) : TableCell{"diverged", Missing{}, Tone::muted},
          text_cell(row.top1 ? "completed" : "diverged")};
}

}  // namespace

std::string shape_text(const PublishedRow& row) {
  auto text = fmt::format("{}/{}/{}", row.channels, row.depth, row.patch);
  if (row.kernel) text += fmt::format("/{}", *row.kernel);
  if (row.resolution != 224) text += fmt::format("@{}", row.resolution);
  return text;
}

std::string sharing_text(const PublishedRow& row) {
  return fmt::format("{} {} {}", row.distribution, row.mapping, row.share_rate);
}

std::string fusion_text(const PublishedRow& row) {
  const bool told = row.fusion != "none" && row.init == "random";
  return told ? fmt::format("{} (random)", row.fusion) : std::string(row.fusion);
}

Table paper_table(std::vector<PublishedRow> rows) {
  constexpr auto kMachines = Audience::machines;
  constexpr auto kPeople = Audience::people;
  const auto shared = std::make_shared<const std::vector<PublishedRow>>(std::move(rows));
  return {{{.key = "table_number", .title = "table", .align = Align::right},
           {.key = "row_number", .title = "", .audience = kMachines},
           {.key = "network", .title = "network"},
           {.key = "shape", .title = "C/D/P/K", .audience = kPeople},
           {.key = "sharing", .title = "sharing", .audience = kPeople},
           {.key = "family", .title = "", .audience = kMachines},
           {.key = "channels", .title = "", .audience = kMachines},
           {.key = "depth", .title = "", .audience = kMachines},
           {.key = "patch", .title = "", .audience = kMachines},
           {.key = "kernel", .title = "", .audience = kMachines},
           {.key = "resolution", .title = "", .audience = kMachines},
           {.key = "distribution", .title = "", .audience = kMachines},
           {.key = "mapping", .title = "", .audience = kMachines},
           {.key = "share_rate", .title = "", .audience = kMachines},
           {.key = "shared_components", .title = "components", .shrink = 1, .drop_if = ""},
           {.key = "transform_group", .title = "transform", .align = Align::right, .drop_if = ""},
           {.key = "fusion", .title = "", .audience = kMachines},
           {.key = "fusion_label", .title = "fusion", .audience = kPeople, .drop_if = "none"},
           {.key = "init", .title = "", .audience = kMachines},
           {.key = "params_m", .title = "params M", .align = Align::right},
           {.key = "flops_g", .title = "FLOPs G", .align = Align::right, .rank = 2},
           {.key = "top1", .title = "top-1 %", .align = Align::right},
           {.key = "outcome", .title = "", .audience = kMachines}},
          shared->size(),
          [shared](std::size_t i) { return paper_row((*shared)[i]); }};
}

}  // namespace spin::render
