#include "schema/sql/tables.h"

#include "schema/sql/texts.h"

namespace spin {
namespace {

void replace(std::string& text, std::string_view mark, const std::string& by) {
  if (const auto at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), by);
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

std::vector<View> views() {
  std::vector<View> all;
  for (const auto& [name, text] : view_texts()) {
    std::string sql = "CREATE VIEW " + std::string(name) + " AS\n" + std::string(text);
    replace(sql, "{metrics of epoch e}", columns(kEpochTable, "e"));
    replace(sql, "{metrics of result r}", columns(kResultTable, "r"));
    sql.erase(sql.find_last_not_of('\n') + 1);  // as SQLite keeps it
    all.push_back({std::string(name), std::move(sql)});
  }
  return all;
}

}  // namespace spin
