#include "server/store/sweep_writer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/store/names.h"

namespace spin {
namespace {

constexpr char kInsertSweep[] =
    "INSERT INTO sweep (id, name, description, priority, max_attempts, left_out_by_exclude, "
    "left_out_by_limits, source,"
    " overrides, requirements, submitted_at_ms, planned_jobs, planned_mark)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
constexpr char kSetSweepState[] =
    "UPDATE sweep SET priority = ?2, cancelled = ?3, paused = ?4,"
    " planned_jobs = iif(?5, planned_jobs, NULL), planned_mark = iif(?5, planned_mark, NULL),"
    " settling = ?6, settled_jobs = ?7, settling_reason = ?8, retrying = ?9, retried_jobs = ?10,"
    " deleting = ?11 WHERE id = ?1";
constexpr char kReachEarly[] = "INSERT INTO reached_early (sweep, pass, job) VALUES (?1, ?2, ?3)";
constexpr char kForgetEarly[] = "DELETE FROM reached_early WHERE sweep = ?1 AND pass = ?2";
// One that is there goes on from the part before.
constexpr char kInsertCell[] =
    "INSERT INTO cell (sweep, position, network, sharing, transform, fusion, settings, params, flops, "
    "unshared)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (sweep, position) DO NOTHING";
constexpr char kInsertJob[] =
    "INSERT INTO job (key, hash, state, reason, failures, trainer_deaths, workers_lost, seed, work, "
    "memory_bytes,"
    " dataset) VALUES (?1, ?2, ?3, '', 0, 0, 0, ?4, ?5, ?6, ?7)";
constexpr char kCompareCell[] = "UPDATE cell SET unshared = ?3 WHERE sweep = ?1 AND position = ?2";
constexpr char kInsertConfig[] = "INSERT INTO job_config (job, parts) VALUES (?1, ?2)";
constexpr char kInsertInput[] = "INSERT INTO job_input (job, role, source) VALUES (?1, ?2, ?3)";
constexpr char kForgetData[] = "DELETE FROM sweep_data WHERE sweep = ?1";
constexpr char kInsertData[] = "INSERT INTO sweep_data (sweep, dataset, root) VALUES (?1, ?2, ?3)";
constexpr char kInsertSweepJob[] =
    "INSERT INTO sweep_job (sweep, position, job, name, cell) VALUES (?1, ?2, ?3, ?4, ?5)";

std::string overrides_json(const std::vector<Override>& overrides) {
  auto list = nlohmann::json::array();
  for (const auto& entry : overrides) list.push_back({{"path", entry.path}, {"value", entry.value}});
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status check_shape(const PlanPart& part, const core::TakenJobs& taken) {
  const auto jobs = part.jobs.size();
  const auto fresh = static_cast<std::size_t>(std::count(taken.is_new.begin(), taken.is_new.end(), true));
  if (taken.keys.size() == jobs && taken.is_new.size() == jobs && taken.states.size() == fresh &&
      taken.memory.size() == fresh)
    return {};
  return Error{ErrorCode::internal, std::to_string(jobs) + " jobs, but " + std::to_string(taken.keys.size()) +
                                        " keys and " + std::to_string(taken.states.size()) + " states for " +
                                        std::to_string(fresh) + " new ones"};
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
  SPIN_ASSIGN(writer.insert_config_, database.prepare(kInsertConfig));
  SPIN_ASSIGN(writer.forget_data_, database.prepare(kForgetData));
  SPIN_ASSIGN(writer.insert_data_, database.prepare(kInsertData));
  SPIN_ASSIGN(writer.insert_input_, database.prepare(kInsertInput));
  SPIN_ASSIGN(writer.insert_sweep_job_, database.prepare(kInsertSweepJob));
  return writer;
}

Status SweepWriter::insert(const core::InsertSweep& change, std::int64_t now_ms) {
  const auto& plan = *change.plan;
  const auto& full_plan = change.full_plan;
  SPIN_TRY(insert_sweep_.run(change.id.value, plan.name, plan.description, plan.priority, plan.max_attempts,
                             plan.left_out_by_exclude, plan.left_out_by_limits, change.source,
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
  auto state = taken.states.begin();
  auto memory_bytes = taken.memory.begin();
  auto position = part.first_job;
  for (std::size_t i = 0; i < part.jobs.size(); ++i) {
    const auto& job = part.jobs[i];
    if (taken.is_new[i]) SPIN_TRY(insert_job(taken.keys[i], part, job, *state++, *memory_bytes++));
    SPIN_TRY(insert_sweep_job_.run(sweep.value, position++, taken.keys[i].value, job.name, job.cell));
  }
  for (const auto& [job, input] : taken.inputs)
    SPIN_TRY(insert_input_.run(job.value, enum_name(input.role), input.source.value));
  return insert_marks(sweep, part, taken);
}

Status SweepWriter::insert_marks(SweepId sweep, const PlanPart& part, const core::TakenJobs& taken) {
  std::vector<std::uint32_t> names, identities;
  std::int64_t first = 0;  // number of the job of identities.front(); those of the others follow it
  for (std::size_t i = 0; i < part.jobs.size(); ++i) {
    names.push_back(mark_of(part.jobs[i].name));
    if (!taken.is_new[i]) continue;
    const auto key = taken.keys[i].value;
    if (key != first + std::ssize(identities)) {
      SPIN_TRY(marks_->store(kIdentityMarks, first, identities));
      identities.clear();
      first = key;
    }
    identities.push_back(mark_of(part.jobs[i].id.digest));
  }
  SPIN_TRY(marks_->store(sweep.value, part.first_job, names));
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
    SPIN_TRY(insert_cell_.run(sweep.value, position++, cell.network, cell.sharing, cell.transform,
                              cell.fusion, cell.settings, cell.cost.params, cell.cost.flops, unshared));
  }
  for (const auto& comparison : part.comparisons)
    SPIN_TRY(compare_cell_.run(sweep.value, comparison.cell, comparison.unshared_cell));
  return {};
}

Status SweepWriter::insert_job(core::JobKey key, const PlanPart& part, const PlannedJob& job, JobState state,
                               std::int64_t memory_bytes) {
  const auto& cost = part.cells[static_cast<std::size_t>(job.cell - part.first_cell)].cost;
  SPIN_TRY(insert_job_.run(key.value, job.id.digest, enum_name(state), seed_of(job.task),
                           work_of(job.task, cost), memory_bytes, title_of(dataset_of(job.task))));
  texts_.of(job.task);
  SPIN_ASSIGN(const auto parts, parts_->store(texts_.parts()));
  return insert_config_.run(key.value, parts);
}

}  // namespace spin
