#include "schema/sql/tables.h"

#include "schema/job/names.h"
#include "schema/sql/texts.h"

namespace spin {
namespace {

void replace(std::string& text, std::string_view mark, const std::string& by) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size()))
    text.replace(at, mark.size(), by);
}

std::string columns(const MetricTable& table, const char* alias) {
  return list_of_metrics(table,
                         [&](const std::string& name) { return alias + ("." + name) + " AS " + name; });
}

}  // namespace

std::span<const Migration> migrations() { return migration_texts(); }

std::string add_column(const MetricTable& table, const MetricFacts& metric) {
  return "ALTER TABLE " + std::string(table.name) + " ADD COLUMN " + std::string(metric.name) +
         (is_whole(metric.unit) ? " INTEGER" : " REAL");
}

std::string jobs_of_cell(std::string_view position) {
  const std::string begin = std::string(position) + " * s.seeds";
  const std::string end = "(" + std::string(position) + " + 1) * s.seeds";
  return "sweep_range g JOIN job j ON g.sweep = s.id AND g.first > " + begin + " - " +
         std::to_string(kMostJobsOfRange) + " AND g.first < " + end + " AND j.key BETWEEN g.job + max(0, " +
         begin + " - g.first) AND g.job + min(g.jobs, " + end + " - g.first) - 1";
}

std::string told_state_of_job() {
  std::string sql = "coalesce(r.outcome, CASE st.state";
  for (const auto& [state, name] : enum_names<JobState>())
    sql += " WHEN " + std::to_string(static_cast<int>(state)) + " THEN '" + std::string(name) + "'";
  return sql + " END)";
}

std::string state_of_job() {
  return "coalesce(" + told_state_of_job() +
         ", iif(EXISTS (SELECT 1 FROM job_input i LEFT JOIN result o ON o.job = i.source"
         " WHERE i.job = j.key AND o.outcome IS NOT 'completed'), 'waiting', 'ready'))";
}

std::vector<View> views() {
  std::vector<View> all;
  for (const auto& [name, text] : view_texts()) {
    std::string sql = "CREATE VIEW " + std::string(name) + " AS\n" + std::string(text);
    replace(sql, "{metrics of epoch e}", columns(kEpochTable, "e"));
    replace(sql, "{metrics of result r}", columns(kResultTable, "r"));
    replace(sql, "{most jobs of a range}", std::to_string(kMostJobsOfRange));
    replace(sql, "{name of job j}", std::string(kNameOfJob));
    replace(sql, "{state of job j}", state_of_job());
    replace(sql, "{told state of job j}", told_state_of_job());
    for (const auto* position : {"c.position", "c.unshared"})
      replace(sql, "{jobs of cell " + std::string(position) + "}", jobs_of_cell(position));
    sql.erase(sql.find_last_not_of('\n') + 1);  // as SQLite keeps it
    all.push_back({std::string(name), std::move(sql)});
  }
  return all;
}

}  // namespace spin
