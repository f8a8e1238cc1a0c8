#include "server/store/row_values.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "schema/sql/tables.h"
#include "server/store/names.h"

namespace spin {
namespace {

/// As ChangeWriter wrote it.
std::vector<std::string> labels_from_json(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  return json.is_array() ? json.get<std::vector<std::string>>() : std::vector<std::string>();
}

/// The devices that a worker offers, with the memory of all together.
void take_offers(const std::string& text, WorkerRow& row) {
  const auto offers = nlohmann::json::parse(text, nullptr, false);
  if (!offers.is_array()) return;
  for (const auto& offer : offers) {
    row.devices.push_back(offer.value("device", ""));
    row.memory_bytes += offer.value("memory_bytes", std::int64_t{0});
  }
}

/// From a column on, in the order of the table's columns.
MetricValues metric_values(const MetricTable& table, const Rows& rows, int column) {
  MetricValues values;
  for (const auto& facts : metrics_of(table)) values.set(facts.metric, rows.real(column++));
  return values;
}

}  // namespace

Result<JobRow> job_row(const Rows& rows) {
  JobRow row;
  row.id.digest = rows.digest(1);
  row.name = rows.text(2);
  SPIN_ASSIGN(row.state, enum_from_table<JobState>(rows.text(3)));
  row.reason = rows.text(4);
  row.params = rows.integer(5);
  row.flops = rows.integer(6);
  row.attempts = rows.small(7);
  row.worker = rows.text(8);
  row.top1 = rows.optional_real(9);
  row.seconds = rows.optional_real(10);
  row.priority = rows.small(11);
  return row;
}

AttemptRow attempt_row(const Rows& rows) {
  return {{rows.integer(0), rows.integer(1)},
          rows.text(2),
          rows.text(3),
          rows.text(4),
          rows.integer(5),
          rows.optional_integer(6)};
}

EpochMetrics epoch_metrics(const Rows& rows) { return {rows.small(0), metric_values(kEpochTable, rows, 1)}; }

Result<JobResult> job_result(const Rows& rows) {
  SPIN_ASSIGN(const auto outcome, enum_from_table<Outcome>(rows.text(0)));
  return JobResult{outcome, metric_values(kResultTable, rows, 3), {rows.text(1), rows.text(2)}};
}

Result<ArtifactRef> artifact_ref(const Rows& rows) {
  SPIN_ASSIGN(const auto kind, enum_from_table<ArtifactKind>(rows.text(1)));
  return ArtifactRef{ArtifactId{rows.digest(0)}, kind, rows.integer(2)};
}

ResultRow result_row(const Rows& rows) {
  ResultRow row{rows.text(1),
                rows.text(2),
                rows.text(3),
                rows.text(4),
                rows.text(5),
                rows.integer(6),
                rows.integer(7),
                rows.small(8),
                rows.small(9),
                rows.small(10),
                {},
                {},
                {}};
  row.top1_mean = rows.optional_real(11);
  row.top1_deviation = rows.optional_real(12);
  row.difference = rows.optional_real(13);
  row.dataset = rows.text(14);
  const std::string data = rows.text(15);  // "a,b"
  for (std::size_t begin = 0; begin < data.size();) {
    const auto end = std::min(data.find(',', begin), data.size());
    row.data.push_back(data.substr(begin, end - begin));
    begin = end + 1;
  }
  return row;
}

Result<SweepFile> sweep_source(const Rows& rows) {
  SweepFile source{rows.text(0), rows.text(1), {}};
  const auto overrides = nlohmann::json::parse(rows.text(2), nullptr, false);
  if (!overrides.is_array())
    return Error{ErrorCode::data_loss, "sweep '" + source.file + "' has overrides that cannot be read"};
  for (const auto& entry : overrides)
    source.overrides.push_back({entry.value("path", ""), entry.value("value", "")});
  return source;
}

WorkerRow worker_row(const Rows& rows) {
  WorkerRow row;
  row.name = rows.text(0);
  row.host = rows.text(1);
  row.version = rows.text(3);
  row.state = "offline";
  take_offers(rows.text(2), row);
  row.slots = rows.small(4) * static_cast<int>(row.devices.size());
  row.threads = rows.small(5);
  row.jobs_done = rows.integer(6);
  row.last_seen_ms = rows.integer(7);
  row.labels = labels_from_json(rows.text(8));
  return row;
}

}  // namespace spin
