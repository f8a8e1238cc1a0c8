#pragma once

#include <array>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/job/metrics.h"

// What the coordinator's database consists of: tables, which are migrated and never made anew; a column for
// each metric, which is added where it is missing; and views, which follow from both and are made anew
// whenever their text changes.

namespace spin {

struct Migration {
  std::string_view name;  ///< "0001_initial"
  std::string_view sql;
};
/// In order; the database's user_version is the number of those that it has.
std::span<const Migration> migrations();

/// A table with a column for every metric that can be measured of what its rows are about.
struct MetricTable {
  std::string_view name;
  unsigned measured_of;  ///< of MeasuredOf
};
inline constexpr MetricTable kEpochTable{"epoch", kEpoch};
inline constexpr MetricTable kResultTable{"result", kResult};
inline constexpr MetricTable kSupersededTable{"superseded_result", kResult};
inline constexpr std::array kMetricTables{kEpochTable, kResultTable, kSupersededTable};

/// In the order of kMetrics, which is that of the columns.
inline auto metrics_of(const MetricTable& table) {
  return kMetrics | std::views::filter([measured_of = table.measured_of](const MetricFacts& facts) {
           return (facts.measured_of & measured_of) != 0;
         });
}
/// "ALTER TABLE epoch ADD COLUMN loss REAL".
std::string add_column(const MetricTable& table, const MetricFacts& metric);
/// `each` of every metric's name, one behind the other with commas between them: "e.loss AS loss, ...".
template <class Each>
std::string list_of_metrics(const MetricTable& table, const Each& each) {
  std::string list;
  for (const auto& metric : metrics_of(table))
    (list += list.empty() ? "" : ", ") += each(std::string(metric.name));
  return list;
}

/// "loss, top1, ...".
inline std::string names_of_metrics(const MetricTable& table) {
  return list_of_metrics(table, [](const std::string& name) { return name; });
}

/// Most jobs of a row of sweep_range, as its CHECK has it.
inline constexpr std::int64_t kMostJobsOfRange = 256;
/// The name of job j of cell c, as name_of() makes it.
inline constexpr std::string_view kNameOfJob = "c.name || '.s' || j.seed";
/// Jobs of the cell at this position (an expression) of sweep s, for a FROM: g is a range of jobs, j a job.
std::string jobs_of_cell(std::string_view position);
/// The JSON of a configuration, of which the SELECT gives job.config.
std::string text_of_config(const std::string& select);
/// The name of the state of job j, whose rows of job_state and result are st and r, or NULL.
std::string state_of_job();
/// The same without a look at its inputs: NULL where the job is waiting or ready.
std::string told_state_of_job();

struct View {
  std::string name;
  std::string sql;  ///< CREATE VIEW ...
};
/// In the order of their names.
std::vector<View> views();

}  // namespace spin
