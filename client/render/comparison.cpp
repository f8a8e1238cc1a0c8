#include "client/render/comparison.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "client/render/cells.h"
#include "client/render/paper_listing.h"

namespace spin::render {
namespace {

constexpr const char* kMissing = "missing";

/// Both top-1, the paper's first.
std::optional<std::pair<double, double>> both(const ComparedRow& row) {
  if (!row.paper.top1 || !row.own || !row.own->top1_mean) return std::nullopt;
  return std::pair{row.paper.top1->value, *row.own->top1_mean};
}

bool is_done(const ComparedRow& row) { return row.own && row.own->finished == row.own->seeds; }

TableCell millions(std::int64_t value, double unit) { return {fixed(value / unit, 2), value, Tone::plain}; }

TableCell missing_cell(const char* text = "") { return {text, Missing{}, Tone::muted}; }

Tone tone_of(const std::string& state) {
  if (state == "completed") return Tone::good;
  if (state == "running") return Tone::accent;
  if (state == "failed" || state == "blocked") return Tone::bad;
  return state == "diverged" ? Tone::warning : Tone::plain;
}

TableCell order_cell(const Pairs& pairs) {
  if (pairs.all == 0) return missing_cell("-");
  const bool kept = pairs.kept == pairs.all;
  return {kept ? "kept" : fmt::format("{} of {}", pairs.kept, pairs.all), kept,
          kept ? Tone::good : Tone::warning};
}

TableCell difference_cell(const ComparedRow& row) {
  auto cell = number_cell(difference_to_paper(row), difference);
  if (const auto value = difference_to_paper(row)) cell.tone = *value < 0 ? Tone::warning : Tone::good;
  return cell;
}

TableCell own_top1(const OwnCell& own) {
  if (!own.top1_mean && own.finished > 0) return {"diverged", Missing{}, Tone::warning};
  return number_cell(own.top1_mean,
                     [&own](double mean) { return mean_and_deviation(mean, own.top1_deviation); });
}

/// From the published figures on.
void add_own(Row& cells, const OwnCell& own) {
  cells.insert(cells.end(),
               {own_top1(own),
                value_cell(own.top1_deviation ? CellValue{*own.top1_deviation} : CellValue{Missing{}}),
                {fmt::format("{}/{}", own.finished, own.seeds), Missing{},
                 own.finished < own.seeds ? Tone::warning : Tone::plain},
                value_cell(own.seeds),
                value_cell(own.finished),
                {std::to_string(own.diverged), own.diverged, Tone::warning}});
}

Row compared_cells(const ComparedRow& row, std::string_view absent) {
  const auto& paper = row.paper;
  const auto& own = row.own;
  const auto group = paper.transform_group;
  Row cells{whole_cell(paper.table),
            whole_cell(paper.number),
            text_cell(std::string(paper.network)),
            text_cell(shape_text(paper)),
            paper.mapping == "none" ? missing_cell("-") : text_cell(sharing_text(paper)),
            optional_text_cell(std::string(paper.shared_components)),
            group ? whole_cell(*group) : missing_cell(),
            text_cell(fusion_text(paper)),
            {std::string(paper.params_m.text), paper.params_m.value, Tone::plain},
            own ? millions(own->params, 1e6) : missing_cell("-"),
            {std::string(paper.flops_g.text), paper.flops_g.value, Tone::plain},
            own ? millions(own->flops, 1e9) : missing_cell("-"),
            paper.top1 ? TableCell{std::string(paper.top1->text), paper.top1->value, Tone::plain}
                       : missing_cell("diverged"),
            value_cell(std::string(paper.top1 ? "completed" : "diverged"))};
  if (own)
    add_own(cells, *own);
  else
    cells.insert(cells.end(), {missing_cell("-"), missing_cell(), missing_cell("-"), missing_cell(),
                               missing_cell(), missing_cell("0")});
  const auto state = own ? own->state : std::string(kMissing);
  cells.insert(
      cells.end(),
      {difference_cell(row), order_cell(row.pairs), value_cell(std::int64_t{row.pairs.kept}),
       value_cell(std::int64_t{row.pairs.all}),
       TableCell{own ? state : std::string(absent), state, own ? tone_of(state) : Tone::muted},
       own ? text_cell(own->sweep) : missing_cell(), own ? value_cell(own->sweep_id) : missing_cell(),
       own ? value_cell(own->cell) : missing_cell(), own ? text_cell(own->settings) : missing_cell(),
       own ? text_cell(own->otherwise, Tone::warning) : missing_cell(),
       own ? value_cell(own->alike) : missing_cell(), optional_text_cell(row.command)});
  return cells;
}

/// "1 row", "3 rows".
std::string rows_text(std::int64_t count) { return counted(count, "row"); }

}  // namespace

void count_pairs(std::vector<ComparedRow>& rows) {
  for (auto& row : rows) {
    row.pairs = {};
    const auto mine = both(row);
    if (!mine) continue;
    for (const auto& other : rows) {
      const auto theirs = both(other);
      if (!theirs || theirs->first == mine->first) continue;
      ++row.pairs.all;
      const bool better_there = mine->first > theirs->first;
      row.pairs.kept += better_there ? mine->second > theirs->second : mine->second < theirs->second;
    }
  }
}

std::optional<double> difference_to_paper(const ComparedRow& row) {
  const auto values = both(row);
  if (!values) return std::nullopt;
  return values->second - values->first;
}

Table comparison_table(const std::vector<ComparedRow>& rows, std::string_view absent) {
  constexpr auto kMachines = Audience::machines;
  constexpr auto kPeople = Audience::people;
  return {
      {{.key = "table_number", .title = "", .audience = kMachines},
       {.key = "row_number", .title = "", .audience = kMachines},
       {.key = "network", .title = "network"},
       {.key = "shape", .title = "C/D/P/K"},
       {.key = "sharing", .title = "sharing", .drop_if = "-"},
       {.key = "shared_components", .title = "components", .shrink = 4, .drop_if = ""},
       {.key = "transform_group", .title = "transform", .align = Align::right, .drop_if = ""},
       {.key = "fusion", .title = "fusion", .shrink = 3, .min_width = 10, .drop_if = "none"},
       {.key = "published_params_m", .title = "params M", .align = Align::right, .rank = 4},
       {.key = "params", .title = "ours", .align = Align::right, .rank = 5},
       {.key = "published_flops_g", .title = "FLOPs G", .align = Align::right, .rank = 6},
       {.key = "flops", .title = "ours", .align = Align::right, .rank = 7},
       {.key = "published_top1", .title = "top-1 %", .align = Align::right},
       {.key = "published_outcome", .title = "", .audience = kMachines},
       {.key = "top1_mean", .title = "ours", .align = Align::right},
       {.key = "top1_deviation", .title = "", .audience = kMachines},
       {.key = "done", .title = "seeds", .align = Align::right, .audience = kPeople, .rank = 3},
       {.key = "seeds", .title = "", .audience = kMachines},
       {.key = "finished", .title = "", .audience = kMachines},
       {.key = "diverged", .title = "diverged", .align = Align::right, .rank = 2, .drop_if = "0"},
       {.key = "difference", .title = "diff", .align = Align::right},
       {.key = "order_kept", .title = "order", .align = Align::right},
       {.key = "pairs_kept", .title = "", .audience = kMachines},
       {.key = "pairs", .title = "", .audience = kMachines},
       {.key = "state", .title = "state"},
       {.key = "sweep", .title = "sweep", .shrink = 2, .rank = 8, .drop_if = ""},
       {.key = "sweep_id", .title = "", .audience = kMachines},
       {.key = "cell", .title = "", .audience = kMachines},
       {.key = "settings", .title = "", .audience = kMachines},
       {.key = "otherwise", .title = "not as published", .shrink = 5, .tells_apart = false, .drop_if = ""},
       {.key = "other_cells", .title = "", .audience = kMachines},
       {.key = "command", .title = "", .audience = kMachines}},
      rows.size(),
      [&rows, absent](std::size_t i) { return compared_cells(rows[i], absent); }};
}

std::vector<std::string> comparison_notes(const std::vector<ComparedRow>& rows, std::string_view absent) {
  std::vector<std::string> notes;
  Pairs twice;
  std::vector<std::pair<std::string, std::string>> missing;  // state and command, in the order of the rows
  std::int64_t alike = 0;
  for (const auto& row : rows) {
    twice.kept += row.pairs.kept;
    twice.all += row.pairs.all;
    if (!is_done(row)) missing.emplace_back(row.own ? row.own->state : std::string(absent), row.command);
    alike += row.own && row.own->alike > 0 ? 1 : 0;
  }
  notes.push_back(twice.all == 0
                      ? "order: no two rows to compare yet"
                      : fmt::format("order: {} of {} pairs as published", twice.kept / 2, twice.all / 2));
  while (!missing.empty()) {
    const auto group = missing.front();
    const auto count = std::erase(missing, group);
    auto line = fmt::format("{}: {}", group.first, rows_text(static_cast<std::int64_t>(count)));
    if (!group.second.empty()) line += fmt::format("; {}", group.second);
    notes.push_back(std::move(line));
  }
  if (alike > 0)
    notes.push_back(
        fmt::format("{} of a sweep that has several such cells; `spinctl query \"SELECT * FROM "
                    "published WHERE table_number = {}\"` lists them",
                    rows_text(alike), rows.front().paper.table));
  return notes;
}

}  // namespace spin::render
