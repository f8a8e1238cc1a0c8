#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "server/core/step.h"

// What a submission makes of jobs that are known already.

namespace spin::core {

/// Counts, for whoever hands a sweep in: unfinished jobs whose data are read elsewhere from now on (the
/// newest of a job's sweeps says where), and jobs that are trained anew.
class KnownJobs {
 public:
  /// Before the sweep has the job.
  void see(const Core& core, const Job& job, const Sweep& sweep);
  void count_retrained(bool is_retrained) { retrained_ += is_retrained ? 1 : 0; }
  [[nodiscard]] std::int64_t retrained() const { return retrained_; }
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  /// By data set, root before and root now.
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> moved_;
  std::int64_t retrained_ = 0;
};

/// The same jobs are asked for once more: their data may lie elsewhere now. A sentence each.
std::vector<std::string> move_data(Step& step, Sweep& sweep, const std::vector<DataPlace>& data);
/// Where jobs are trained anew, the data are from now on what they are now.
void retire_data(Step& step, const SweepSubmitted& event);

/// Begins a job that is done anew, where `asked` has it or it starts from a job that is begun anew: its
/// result is superseded, its files are forgotten, and what depends on it and is not done waits for it again.
/// Jobs that depend on it and are done keep what they found from the model that was. Whether it does; null
/// asks for nothing.
bool retrain_if_asked(Step& step, JobKey key, const RetrainJobs* asked);
/// The same for all jobs of a sweep that goes on, and those of it that are to come. How many.
std::int64_t retrain_jobs(Step& step, Sweep& sweep, const std::shared_ptr<const RetrainJobs>& asked);

}  // namespace spin::core
