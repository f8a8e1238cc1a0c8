#include "server/store/sweep_writer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "schema/sql/tables.h"
#include "server/store/names.h"

namespace spin {
namespace {

constexpr char kInsertSweep[] =
    "INSERT INTO sweep (id, name, description, priority, max_attempts, seeds, left_out_by_exclude, "
    "left_out_by_limits, source, overrides, requirements, submitted_at_ms, planned_jobs, planned_mark)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
constexpr char kSetSweepState[] =
    "UPDATE sweep SET priority = ?2, cancelled = ?3, paused = ?4,"
    " planned_jobs = iif(?5, planned_jobs, NULL), planned_mark = iif(?5, planned_mark, NULL),"
    " settling = ?6, settled_jobs = ?7, settling_reason = ?8, retrying = ?9, retried_jobs = ?10,"
    " deleting = ?11 WHERE id = ?1";
constexpr char kReachEarly[] = "INSERT INTO reached_early (sweep, pass, job) VALUES (?1, ?2, ?3)";
constexpr char kForgetEarly[] = "DELETE FROM reached_early WHERE sweep = ?1 AND pass = ?2";
// One that is there goes on from the part before.
constexpr char kInsertCell[] =
    "INSERT INTO cell (sweep, position, network, sharing, transform, fusion, settings, repetition, params, "
    "flops, unshared)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (sweep, position) DO NOTHING";
constexpr char kInsertLabel[] = "INSERT INTO label (id, text, in_name) VALUES (?1, ?2, ?3)";
constexpr char kLastLabel[] = "SELECT coalesce(max(id), 0) FROM label";
constexpr char kInsertDemand[] =
    "INSERT INTO demand (id, dataset, memory_bytes, work) VALUES (?1, ?2, ?3, ?4)";
constexpr char kLastDemand[] = "SELECT coalesce(max(id), 0) FROM demand";
constexpr char kInsertJob[] = "INSERT INTO job (key, hash, config, seed, demand) VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr char kCompareCell[] = "UPDATE cell SET unshared = ?3 WHERE sweep = ?1 AND position = ?2";
constexpr char kInsertInput[] = "INSERT INTO job_input (job, role, source) VALUES (?1, ?2, ?3)";
constexpr char kForgetData[] = "DELETE FROM sweep_data WHERE sweep = ?1";
constexpr char kInsertData[] = "INSERT INTO sweep_data (sweep, dataset, root) VALUES (?1, ?2, ?3)";
constexpr char kInsertRange[] = "INSERT INTO sweep_range (sweep, first, job, jobs) VALUES (?1, ?2, ?3, ?4)";

std::string overrides_json(const std::vector<Override>& overrides) {
  auto list = nlohmann::json::array();
  for (const auto& entry : overrides) list.push_back({{"path", entry.path}, {"value", entry.value}});
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status check_shape(const PlanPart& part, const core::TakenJobs& taken) {
  if (taken.keys.size() == part.jobs.size() && taken.is_new.size() == part.jobs.size()) return {};
  return Error{ErrorCode::internal, std::to_string(part.jobs.size()) + " jobs, but " +
                                        std::to_string(taken.keys.size()) + " keys"};
}

/// Tells demands apart.
std::string key_of(const Demand& demand) {
  std::string key = demand.dataset;
  key.append(reinterpret_cast<const char*>(&demand.memory_bytes), sizeof demand.memory_bytes);
  return key.append(reinterpret_cast<const char*>(&demand.work), sizeof demand.work);
}

}  // namespace

Result<SweepWriter> SweepWriter::make(Database& database) {
  SweepWriter writer(database);
  SPIN_ASSIGN(writer.insert_sweep_, database.prepare(kInsertSweep));
  SPIN_ASSIGN(writer.set_sweep_state_, database.prepare(kSetSweepState));
  SPIN_ASSIGN(writer.reach_early_, database.prepare(kReachEarly));
  SPIN_ASSIGN(writer.forget_early_, database.prepare(kForgetEarly));
  SPIN_ASSIGN(writer.insert_cell_, database.prepare(kInsertCell));
  SPIN_ASSIGN(writer.insert_job_, database.prepare(kInsertJob));
  SPIN_ASSIGN(writer.compare_cell_, database.prepare(kCompareCell));
  SPIN_ASSIGN(auto parts, ConfigPartWriter::make(database));
  writer.parts_.emplace(std::move(parts));
  SPIN_ASSIGN(auto marks, MarkWriter::make(database));
  writer.marks_.emplace(std::move(marks));
  SPIN_ASSIGN(auto labels, NumberedRows::make(database, kInsertLabel, kLastLabel));
  writer.labels_.emplace(std::move(labels));
  SPIN_ASSIGN(auto demands, NumberedRows::make(database, kInsertDemand, kLastDemand));
  writer.demands_.emplace(std::move(demands));
  SPIN_ASSIGN(writer.forget_data_, database.prepare(kForgetData));
  SPIN_ASSIGN(writer.insert_data_, database.prepare(kInsertData));
  SPIN_ASSIGN(writer.insert_input_, database.prepare(kInsertInput));
  SPIN_ASSIGN(writer.insert_range_, database.prepare(kInsertRange));
  return writer;
}

Status SweepWriter::forget_undone() {
  SPIN_TRY(parts_->forget_undone());
  SPIN_TRY(labels_->forget_undone());
  return demands_->forget_undone();
}

Status SweepWriter::insert(const core::InsertSweep& change, std::int64_t now_ms) {
  const auto& plan = *change.plan;
  const auto& full_plan = change.full_plan;
  SPIN_TRY(insert_sweep_.run(change.id.value, plan.name, plan.description, plan.priority, plan.max_attempts,
                             plan.seeds, plan.left_out_by_exclude, plan.left_out_by_limits, change.source,
                             overrides_json(change.overrides), requirements_to_json(plan.requirements),
                             now_ms, full_plan ? std::optional(full_plan->jobs) : std::nullopt,
                             full_plan ? std::optional(full_plan->combined) : std::nullopt));
  SPIN_TRY(insert_data(change.id, plan.data));
  return insert_part(change.id, plan, change.jobs);
}

Status SweepWriter::set_data(const core::SetSweepData& change) {
  SPIN_TRY(forget_data_.run(change.id.value));
  return insert_data(change.id, change.data);
}

Status SweepWriter::insert_data(SweepId sweep, const std::vector<DataPlace>& data) {
  for (const auto& [dataset, root] : data) SPIN_TRY(insert_data_.run(sweep.value, dataset, root));
  return {};
}

Status SweepWriter::extend(const core::ExtendSweep& change) {
  return insert_part(change.id, *change.part, change.jobs);
}

Status SweepWriter::insert_part(SweepId sweep, const PlanPart& part, const core::TakenJobs& taken) {
  SPIN_TRY(check_shape(part, taken));
  SPIN_TRY(insert_cells(sweep, part));
  SPIN_TRY(insert_jobs(part, taken));
  SPIN_TRY(insert_ranges(sweep, part.first_job, taken.keys));
  for (const auto& [job, input] : taken.inputs)
    SPIN_TRY(insert_input_.run(job.value, enum_name(input.role), input.source.value));
  return insert_marks(sweep, part, taken);
}

Status SweepWriter::insert_jobs(const PlanPart& part, const core::TakenJobs& taken) {
  std::vector<std::int64_t> texts(part.texts.size());  // their numbers; 0: no new job has named it yet
  std::int64_t number = 0;
  const Demand* demand = nullptr;  // whose number it is
  for (std::size_t i = 0; i < part.jobs.size(); ++i) {
    if (!taken.is_new[i]) continue;
    const auto& job = part.jobs[i];
    if (const auto& wanted = part.cell_of(job).demand; demand == nullptr || wanted != *demand) {
      SPIN_ASSIGN(number, number_of_demand(wanted));
      demand = &wanted;
    }
    std::array<std::int64_t, std::tuple_size_v<ConfigParts>> config{};
    for (std::size_t k = 0; k < config.size(); ++k) {
      auto& text = texts[job.config[k]];
      if (text == 0) {
        SPIN_ASSIGN(text, parts_->store(part.texts[job.config[k]]));
      }
      config[k] = text;
    }
    SPIN_TRY(insert_job_.run(taken.keys[i].value, job.id.digest, list_of_parts(config), job.seed, number));
  }
  return {};
}

Status SweepWriter::insert_ranges(SweepId sweep, std::int64_t first, const std::vector<core::JobKey>& keys) {
  for (std::size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
    const auto job = keys[begin].value;
    std::int64_t jobs = 0;
    for (; end < keys.size() && keys[end].value == job + jobs && jobs < kMostJobsOfRange; ++end) ++jobs;
    SPIN_TRY(insert_range_.run(sweep.value, first + static_cast<std::int64_t>(begin), job, jobs));
  }
  return {};
}

Status SweepWriter::insert_marks(SweepId sweep, const PlanPart& part, const core::TakenJobs& taken) {
  std::vector<std::uint32_t> names, identities;
  for (const auto& cell : part.cells) names.push_back(mark_of(name_of(cell)));
  std::int64_t first = 0;  // number of the job of identities.front(); those of the others follow it
  for (std::size_t i = 0; i < part.jobs.size(); ++i) {
    if (!taken.is_new[i]) continue;
    const auto key = taken.keys[i].value;
    if (key != first + std::ssize(identities)) {
      SPIN_TRY(marks_->store(kIdentityMarks, first, identities));
      identities.clear();
      first = key;
    }
    identities.push_back(mark_of(part.jobs[i].id.digest));
  }
  SPIN_TRY(marks_->store(sweep.value, part.first_cell, names));
  return marks_->store(kIdentityMarks, first, identities);
}

Status SweepWriter::set_state(const core::SetSweepState& change) {
  const auto& settling = change.settling;
  const auto& retrying = change.retrying;
  SPIN_TRY(set_sweep_state_.run(
      change.id.value, change.priority, change.cancelled, change.paused, change.is_incomplete,
      settling ? std::optional<std::string_view>(enum_name(settling->kind)) : std::nullopt,
      settling ? settling->next : 0, settling ? std::string_view(settling->reason) : "",
      retrying ? std::optional<std::string_view>(retrying->failed_only ? "failed" : "all") : std::nullopt,
      retrying ? retrying->next : 0, change.deleting));
  if (database_->changes() == 1) return {};
  return Error{ErrorCode::internal, "there is no sweep " + std::to_string(change.id.value)};
}

Status SweepWriter::reach_early(const core::ReachEarly& change) {
  return reach_early_.run(change.sweep.value, enum_name(change.pass), change.job.value);
}

Status SweepWriter::forget_early(const core::ForgetEarly& change) {
  return forget_early_.run(change.sweep.value, enum_name(change.pass));
}

Status SweepWriter::insert_cells(SweepId sweep, const PlanPart& part) {
  std::int64_t position = part.first_cell;
  for (const auto& cell : part.cells) {
    const auto unshared =
        cell.unshared_cell < 0 ? std::nullopt : std::optional<std::int64_t>(cell.unshared_cell);
    SPIN_ASSIGN(const auto network, number_of_network(cell));
    SPIN_ASSIGN(const auto sharing, number_of_label(cell.sharing));
    SPIN_ASSIGN(const auto transform, number_of_label(cell.transform));
    SPIN_ASSIGN(const auto fusion, number_of_label(cell.fusion));
    SPIN_ASSIGN(const auto settings, number_of_label(cell.settings));
    SPIN_TRY(insert_cell_.run(sweep.value, position++, network, sharing, transform, fusion, settings,
                              cell.repetition, cell.cost.params, cell.cost.flops, unshared));
  }
  for (const auto& comparison : part.comparisons)
    SPIN_TRY(compare_cell_.run(sweep.value, comparison.cell, comparison.unshared_cell));
  return {};
}

Result<std::int64_t> SweepWriter::number_of_demand(const Demand& demand) {
  const auto key = key_of(demand);
  if (const auto known = demands_->find(key)) return *known;
  return demands_->insert(key, demand.dataset, demand.memory_bytes, demand.work);
}

Result<std::int64_t> SweepWriter::number_of_label(const std::string& text) {
  if (const auto known = labels_->find(text)) return *known;
  return labels_->insert(text, text, part_of_names(text));
}

/// Networks of two families may have one label.
Result<std::int64_t> SweepWriter::number_of_network(const Cell& cell) {
  const auto key = std::string(enum_name(cell.family)) + '\n' + cell.network;
  if (const auto known = labels_->find(key)) return *known;
  return labels_->insert(key, cell.network, part_of_names(cell.family, cell.network));
}

}  // namespace spin
