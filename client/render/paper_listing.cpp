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

/// "768/32/14/3", or without a kernel where there is none.
TableCell shape(const PublishedRow& row) {
  auto text = fmt::format("{}/{}/{}", row.channels, row.depth, row.patch);
  if (row.kernel) text += fmt::format("/{}", *row.kernel);
  if (row.resolution != 224) text += fmt::format("@{}", row.resolution);
  return text_cell(std::move(text));
}

/// "middle sequential 2"; nothing where there is no sharing.
TableCell sharing(const PublishedRow& row) {
  if (row.mapping == "none") return text_cell("-", Tone::muted);
  return text_cell(fmt::format("{} {} {}", row.distribution, row.mapping, row.share_rate));
}

TableCell fusion(const PublishedRow& row) {
  const bool told = row.fusion != "none" && row.init == "random";
  return text_cell(told ? fmt::format("{} (random)", row.fusion) : std::string(row.fusion));
}

Row paper_row(const PublishedRow& row) {
  return {whole_cell(row.table),
          word(row.network),
          shape(row),
          sharing(row),
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
          fusion(row),
          word(row.init),
          number(row.params_m),
          number(row.flops_g),
          row.top1 ? number(*row.top1) : TableCell{"diverged", Missing{}, Tone::muted},
          text_cell(row.top1 ? "completed" : "diverged")};
}

}  // namespace

Table paper_table(std::vector<PublishedRow> rows) {
  constexpr auto kMachines = Audience::machines;
  constexpr auto kPeople = Audience::people;
  const auto shared = std::make_shared<const std::vector<PublishedRow>>(std::move(rows));
  return {{{.key = "table_number", .title = "table", .align = Align::right},
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
