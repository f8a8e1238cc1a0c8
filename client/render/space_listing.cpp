#include "client/render/space_listing.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "client/render/cells.h"

namespace spin::render {
namespace {

/// Most points of a line.
constexpr int kMaxPoints = 64;

Row count_row(const char* name, const char* what, std::string formula, const Count& count) {
  std::optional<double> log10;
  if (!count.is_zero()) log10 = log10_of(count);
  return {value_cell(std::string(name)), text_cell(what), text_cell(std::move(formula), Tone::muted),
          number_cell(log10, [](double value) { return fixed(value, 2); }), text_cell(count.str())};
}

std::vector<Row> count_rows(const SearchSpace& space) {
  const int l = space.layers;
  const int p = space.tensors;
  return {count_row("assignments", "each layer takes one of P tensors", fmt::format("{}^{}", p, l),
                    assignments(space)),
          count_row("assignments_exactly", "of these, with exactly P as the paper counts",
                    fmt::format("{}^{} - {}^{}", p, l, p - 1, l), assignments_exactly(space)),
          count_row("staged_assignments",
                    space.stages == 1 ? "one stage, its tensors chosen out of P"
                                      : "stages that share nothing with each other",
                    fmt::format("Ω_S({}, {}, {})", l, space.stage_layers(), p), staged_assignments(space)),
          count_row("topologies_exactly", "topologies of exactly P groups", fmt::format("S({}, {})", l, p),
                    topologies_exactly(space)),
          count_row("topologies_within", "topologies of at most P groups",
                    fmt::format("Σ S({}, 1..{})", l, p), topologies_within(space))};
}

/// At most kMaxChartLines of `all`, spread over it, with the first and the last.
std::vector<int> spread(const std::vector<int>& all) {
  if (all.size() <= kMaxChartLines) return all;
  std::vector<int> some;
  for (std::size_t i = 0; i < kMaxChartLines; ++i)
    some.push_back(all[i * (all.size() - 1) / (kMaxChartLines - 1)]);
  return some;
}

ChartLine stage_line(int layers, int stages) {
  const int stage_layers = layers / stages;
  ChartLine line;
  line.label = std::to_string(stage_layers);
  if (stages == 1) line.label += " (isotropic)";
  const int step = (layers + kMaxPoints - 1) / kMaxPoints;
  // A stage needs a tensor of its own: below as many tensors as stages there is nothing to count.
  for (int tensors = layers; tensors >= stages; tensors -= step)
    line.points.push_back(
        {static_cast<double>(tensors), log10_of(staged_assignments({layers, tensors, stages}))});
  std::reverse(line.points.begin(), line.points.end());
  return line;
}

}  // namespace

Table space_table(const SearchSpace& space) {
  const auto rows = std::make_shared<const std::vector<Row>>(count_rows(space));
  return {{{.key = "count", .title = "", .audience = Audience::machines},
           {.key = "meaning", .title = "count", .audience = Audience::people},
           {.key = "formula", .title = "formula"},
           {.key = "log10", .title = "log10", .align = Align::right},
           {.key = "value", .title = "value"}},
          rows->size(),
          [rows](std::size_t i) { return (*rows)[i]; }};
}

LogChart space_figure(int layers) {
  LogChart chart;
  chart.title = fmt::format("Search space of weight sharing, {} layers", layers);
  chart.x_title = "weight tensors P";
  chart.y_title = "size of the search space Ω_S";
  chart.legend_title = "layers per stage L_S";
  auto stages = spread(divisors(layers));
  for (const int count : stages) chart.lines.push_back(stage_line(layers, count));
  return chart;
}

}  // namespace spin::render
