#include "client/render/facts.h"

#include <fmt/format.h>

#include "client/render/cells.h"

namespace spin::render {

Table facts_table(const Facts& facts) {
  return {{{.key = "fact", .title = "fact"}, {.key = "value", .title = "value"}},
          facts.size(),
          [&facts](std::size_t i) -> Row {
            return {text_cell(facts[i].first), text_cell(facts[i].second)};
          }};
}

void add_result(Facts& facts, const JobResult& result) {
  for (const auto& metric : kMetrics) {
    if ((metric.measured_of & kResult) == 0 || metric.unit == Unit::count) continue;
    facts.emplace_back(metric.title, metric_cell(metric, result.values[metric.metric]).text);
  }
  if (!result.data.fingerprint.empty())
    facts.emplace_back("trained on", fmt::format("{} ({})", result.data.summary, result.data.fingerprint));
}

}  // namespace spin::render
