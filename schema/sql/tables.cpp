#include "schema/sql/tables.h"

#include "schema/job/names.h"
#include "schema/job/views.h"
#include "schema/sql/statistics.h"
#include "schema/sql/texts.h"

namespace spin {
namespace {

void replace(std::string& text, std::string_view mark, const std::string& by) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size()))
    text.replace(at, mark.size(), by);
}

/// "{what ARGUMENT}" becomes put(ARGUMENT).
template <class Put>
void replace_each(std::string& text, const std::string& what, const Put& put) {
  const std::string begin = "{" + what + " ";
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    const auto end = text.find('}', at);
    const std::string by = put(text.substr(at + begin.size(), end - at - begin.size()));
    text.replace(at, end + 1 - at, by);
    at += by.size();
  }
}

std::string number_of_state(const std::string& name) {
  for (const auto& facts : kJobStates)
    if (facts.name == name) return std::to_string(static_cast<int>(facts.state));
  return name;  // SQLite refuses it, and with it every start
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

std::string text_of_config(const std::string& select) {
  return "(SELECT group_concat(text, '') FROM (SELECT t.text AS text FROM json_each((" + select +
         ")) e JOIN config_part t ON t.id = e.value ORDER BY e.key))";
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
    const auto jobs = jobs_of_cell("c.position");
    replace(sql, "{jobs of cell c.position}", jobs);
    replace(sql, "{config of cell c.position}", text_of_config("SELECT j.config FROM " + jobs + " LIMIT 1"));
    replace(sql, "{config of what cell c.position starts from}",
            text_of_config("SELECT b.config FROM " + jobs +
                           " JOIN job_input i ON i.job = j.key AND i.role = 'init'"
                           " JOIN job b ON b.key = i.source LIMIT 1"));
    replace(sql, "{most jobs of a range}", std::to_string(kMostJobsOfRange));
    replace(sql, "{name of job j}", std::string(kNameOfJob));
    replace(sql, "{state of job j}", state_of_job());
    replace(sql, "{told state of job j}", told_state_of_job());
    replace_each(sql, "t of", sql_of_student_t);
    replace_each(sql, "deviation of", sql_of_deviation);
    replace_each(sql, "front of", sql_of_front);
    replace_each(sql, "number of state", number_of_state);
    sql.erase(sql.find_last_not_of('\n') + 1);  // as SQLite keeps it
    all.push_back({std::string(name), std::move(sql)});
  }
  return all;
}

}  // namespace spin
