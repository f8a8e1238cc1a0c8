#include "server/store/sweep_writer.h"

#include <algorithm>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "server/core/work.h"
#include "server/store/names.h"

namespace spin {
namespace {

constexpr char kInsertSweep[] =
    "INSERT INTO sweep (id, name, description, priority, max_attempts, left_out_by_exclude, "
    "left_out_by_limits, source,"
    " overrides, requirements, submitted_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
constexpr char kSetSweepState[] = "UPDATE sweep SET priority = ?2, withdrawn = ?3, paused = ?4 WHERE id = ?1";
constexpr char kInsertCell[] =
    "INSERT INTO cell (sweep, position, network, sharing, transform, fusion, settings, params, flops, "
    "unshared)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr char kInsertJob[] =
    "INSERT INTO job (key, hash, state, reason, failures, trainer_deaths, workers_lost, seed, work, "
    "memory_bytes,"
    " dataset) VALUES (?1, ?2, ?3, '', 0, 0, 0, ?4, ?5, ?6, ?7)";
constexpr char kInsertConfig[] = "INSERT INTO job_config (job, config) VALUES (?1, ?2)";
constexpr char kInsertDependency[] =
    "INSERT INTO job_dependency (job, depends_on) SELECT ?1, key FROM job WHERE hash = ?2";
constexpr char kInsertSweepJob[] =
    "INSERT INTO sweep_job (sweep, position, job, name, cell) VALUES (?1, ?2, ?3, ?4, ?5)";

std::string overrides_json(const std::vector<Override>& overrides) {
  auto list = nlohmann::json::array();
  for (const auto& entry : overrides) list.push_back({{"path", entry.path}, {"value", entry.value}});
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status check_shape(const core::InsertSweep& change) {
  const auto jobs = change.plan->jobs.size();
  const auto fresh = std::count(change.job_is_new.begin(), change.job_is_new.end(), true);
  if (change.job_keys.size() == jobs && change.job_is_new.size() == jobs &&
      change.job_states.size() == static_cast<std::size_t>(fresh) &&
      change.job_memory.size() == static_cast<std::size_t>(fresh)) {
    return {};
  }
  return Error{ErrorCode::internal, "sweep " + change.plan->name + ": " + std::to_string(jobs) +
                                        " jobs, but " + std::to_string(change.job_keys.size()) +
                                        " keys and " + std::to_string(change.job_states.size()) +
                                        " states for " + std::to_string(fresh) + " new ones"};
}

}  // namespace

Result<SweepWriter> SweepWriter::make(Database& database) {
  SweepWriter writer(database);
  SPIN_ASSIGN(writer.insert_sweep_, database.prepare(kInsertSweep));
  SPIN_ASSIGN(writer.set_sweep_state_, database.prepare(kSetSweepState));
  SPIN_ASSIGN(writer.insert_cell_, database.prepare(kInsertCell));
  SPIN_ASSIGN(writer.insert_job_, database.prepare(kInsertJob));
  SPIN_ASSIGN(writer.insert_config_, database.prepare(kInsertConfig));
  SPIN_ASSIGN(writer.insert_dependency_, database.prepare(kInsertDependency));
  SPIN_ASSIGN(writer.insert_sweep_job_, database.prepare(kInsertSweepJob));
  return writer;
}

Status SweepWriter::insert(const core::InsertSweep& change, std::int64_t now_ms) {
  SPIN_TRY(check_shape(change));
  const auto& plan = *change.plan;
  SPIN_TRY(insert_sweep_.run(change.id.value, plan.name, plan.description, plan.priority, plan.max_attempts,
                             plan.left_out_by_exclude, plan.left_out_by_limits, change.source,
                             overrides_json(change.overrides), requirements_to_json(plan.requirements),
                             now_ms));
  SPIN_TRY(insert_cells(change));
  auto state = change.job_states.begin();
  auto memory_bytes = change.job_memory.begin();
  for (std::size_t i = 0; i < plan.jobs.size(); ++i) {
    const auto& job = plan.jobs[i];
    if (change.job_is_new[i]) SPIN_TRY(insert_job(change.job_keys[i], plan, job, *state++, *memory_bytes++));
    SPIN_TRY(insert_sweep_job_.run(change.id.value, static_cast<std::int64_t>(i), change.job_keys[i].value,
                                   job.name, job.cell));
  }
  return {};
}

Status SweepWriter::set_state(const core::SetSweepState& change) {
  SPIN_TRY(set_sweep_state_.run(change.id.value, change.priority, change.withdrawn, change.paused));
  if (database_->changes() == 1) return {};
  return Error{ErrorCode::internal, "there is no sweep " + std::to_string(change.id.value)};
}

Status SweepWriter::insert_cells(const core::InsertSweep& change) {
  std::int64_t position = 0;
  for (const auto& cell : change.plan->cells) {
    const auto unshared =
        cell.unshared_cell < 0 ? std::nullopt : std::optional<std::int64_t>(cell.unshared_cell);
    SPIN_TRY(insert_cell_.run(change.id.value, position++, cell.network, cell.sharing, cell.transform,
                              cell.fusion, cell.settings, cell.cost.params, cell.cost.flops, unshared));
  }
  return {};
}

Status SweepWriter::insert_job(core::JobKey key, const SweepPlan& plan, const PlannedJob& job, JobState state,
                               std::int64_t memory_bytes) {
  const auto& cost = plan.cells[static_cast<std::size_t>(job.cell)].cost;
  SPIN_TRY(insert_job_.run(key.value, job.id.digest, text_of(state), job.config.seed,
                           core::training_work(job.config, cost), memory_bytes, job.config.dataset.name));
  SPIN_TRY(insert_config_.run(key.value, config_to_json(job.config).dump()));
  for (const auto& dependency : job.depends_on) {
    SPIN_TRY(insert_dependency_.run(key.value, dependency.digest));
    if (database_->changes() != 1) {
      return Error{ErrorCode::internal, "job " + job.name + " depends on job " + dependency.short_hex() +
                                            ", which does not stand before it"};
    }
  }
  return {};
}

}  // namespace spin
