#include "client/render/job_report.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/render/facts.h"
#include "client/render/listings.h"
#include "client/render/numbers.h"
#include "schema/job/names.h"

namespace spin::render {
namespace {

using nlohmann::json;

/// Rows of a table as JSON values.
json rows_of(const Table& table) {
  json rows = json::array();
  for (std::size_t i = 0; i < table.row_count; ++i) rows.push_back(json::parse(row_to_json(table, i)));
  return rows;
}

/// Every metric that such a job can have; null where it was not measured.
json result_json(const JobResult& result) {
  json report{{"outcome", enum_name(result.outcome)},
              {"data", result.data.fingerprint},
              {"data_summary", result.data.summary}};
  for (const auto& facts : kMetrics) {
    if ((facts.measured_of & kResult) == 0) continue;
    const auto value = result.values[facts.metric];
    auto& number = report[std::string(facts.name)];
    if (value && is_whole(facts.unit))
      number = static_cast<std::int64_t>(*value);
    else if (value)
      number = *value;
  }
  return report;
}

json config_json(const std::string& text) {
  auto parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return parsed.is_discarded() ? json(text) : parsed;
}

Facts facts_of(const JobDetail& detail) {
  const auto& row = detail.row;
  Facts facts{{"job", row.id.hex()}, {"name", row.name}, {"state", std::string(enum_name(row.state))}};
  if (!row.reason.empty()) facts.emplace_back("reason", row.reason);
  if (row.priority != 0) facts.emplace_back("priority", std::to_string(row.priority));
  facts.emplace_back("params", quantity(static_cast<double>(row.params)));
  facts.emplace_back("FLOPs", quantity(static_cast<double>(row.flops)));
  if (!row.worker.empty()) facts.emplace_back("worker", row.worker);
  facts.emplace_back("sweeps", fmt::format("{}", fmt::join(detail.sweeps, ", ")));
  for (const auto& id : detail.depends_on) facts.emplace_back("depends on", id.hex());
  if (detail.result) add_result(facts, *detail.result);
  for (const auto& artifact : detail.artifacts)
    facts.emplace_back(enum_name(artifact.kind),
                       fmt::format("{} ({})", artifact.id.hex(), byte_size(artifact.bytes)));
  facts.emplace_back("config", detail.config);
  return facts;
}

/// Facts are never cut: hashes and configurations are there to be copied.
void write_facts(std::ostream& out, const Facts& facts, Format format, const Style& style) {
  if (format == Format::markdown) return write_table(out, facts_table(facts), format, style);
  std::size_t width = 0;
  for (const auto& [key, value] : facts) width = std::max(width, key.size());
  for (const auto& [key, value] : facts)
    out << painted(key, Tone::muted, style) << std::string(width - key.size() + 2, ' ')
        << printable(value, style.charset) << '\n';
}

}  // namespace

json job_to_json(const JobDetail& detail) {
  const std::vector<JobRow> rows{detail.row};
  json report = json::parse(row_to_json(jobs_table(rows), 0));
  report["config"] = config_json(detail.config);
  report["depends_on"] = json::array();
  for (const auto& id : detail.depends_on) report["depends_on"].push_back(id.hex());
  report["sweeps"] = detail.sweeps;
  report["attempts"] = rows_of(attempts_table(detail.attempts));
  report["epochs"] = rows_of(epochs_table(detail.epochs));
  report["result"] = detail.result ? result_json(*detail.result) : json(nullptr);
  report["artifacts"] = json::array();
  for (const auto& artifact : detail.artifacts)
    report["artifacts"].push_back(
        {{"sha256", artifact.id.hex()}, {"kind", enum_name(artifact.kind)}, {"bytes", artifact.bytes}});
  return report;
}

void write_job_report(std::ostream& out, const JobDetail& detail, Format format, const Style& style) {
  write_facts(out, facts_of(detail), format, style);
  if (!detail.attempts.empty()) {
    out << '\n';
    write_table(out, attempts_table(detail.attempts), format, style);
    for (const auto& attempt : detail.attempts)
      if (style.width > 0 && attempt.error.size() > style.width / 3)
        out << painted(fmt::format("{}.{}: ", attempt.token.boot_epoch, attempt.token.sequence), Tone::muted,
                       style)
            << printable(attempt.error, style.charset) << '\n';
  }
  if (!detail.epochs.empty()) {
    out << '\n';
    write_table(out, epochs_table(detail.epochs), format, style);
  }
}

}  // namespace spin::render
