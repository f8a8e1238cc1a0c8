#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/core/changes.h"
#include "server/store/reader.h"

namespace spin {

// What a store holds, as plain maps.

struct ModelJob {
  core::StoredJob stored;
  JobState told = JobState::waiting;  ///< by the last change; results and inputs may say another
  std::string name;                   ///< in its newest sweep
  std::vector<std::string> sweeps;
  std::map<AttemptToken, std::pair<std::string, std::string>> attempts;  ///< state, worker
  std::map<int, EpochMetrics> epochs;
  std::optional<JobResult> result;
  std::vector<std::string> log;
};

struct Model {
  std::vector<core::StoredSweep> sweeps;
  std::map<std::int64_t, ModelJob> jobs;  ///< by key
  std::map<JobId, std::int64_t> keys;
  std::map<std::string, std::int64_t> jobs_done;  ///< of workers
};

/// Brings stored.state of all jobs up to date.
void settle_states(Model& model);
/// What was loaded of a job.
void compare_job(const core::StoredJob& job, const core::StoredJob& expected);
/// What people read of all jobs and workers.
void compare_reads(Reader& reader, const Model& model);

}  // namespace spin
