#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "server/core/changes.h"

namespace spin {

/// What a coordinator stores while it works, as transactions of a few changes of all kinds that fit together.
/// The same for a seed.
class Workload {
 public:
  explicit Workload(unsigned seed) : random_(seed) {}
  std::vector<core::Change> next();

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  core::JobKey any_job() { return {1 + pick(static_cast<int>(jobs_))}; }
  std::string any_worker() { return "worker-" + std::to_string(pick(3)); }
  ArtifactRef any_artifact(ArtifactKind kind);
  core::Change submit();
  void add_change(std::vector<core::Change>& changes);
  void begin_attempt(std::vector<core::Change>& changes);
  void finish(std::vector<core::Change>& changes);
  core::Change set_any_state();
  core::Change report_epoch();
  core::Change append_log();

  std::mt19937 random_;
  std::int64_t jobs_ = 0, sweeps_ = 0, attempts_ = 0;
  std::set<core::JobKey> finished_;
};

}  // namespace spin
