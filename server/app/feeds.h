#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "server/app/engine.h"
#include "server/app/followed_logs.h"
#include "server/app/followed_sweeps.h"
#include "server/rpc/backend.h"
#include "server/rpc/lane.h"
#include "server/store/reader.h"

namespace spin {

/// Whether nothing more comes of a job in this state, unless somebody asks for it.
bool is_final(JobState state);

/// What people follow: statuses of sweeps and logs of jobs. Nobody who follows holds a thread; what is read
/// for them is read on lanes, and never waits for a commit there. Thread-safe.
class Feeds final : public Observer {
 public:
  struct Parts {
    Strand& strand;
    Engine& engine;
    Reader& reader;  ///< of logs
    /// Completes a status with what the store knows; blocks.
    std::function<void(SweepStatus*)> complete;
  };
  /// All parts outlive it.
  explicit Feeds(Parts parts);

  std::unique_ptr<StatusFeed> watch(SweepId sweep);
  /// Waits for the strand.
  Result<std::unique_ptr<LogFeed>> follow(core::JobKey job);
  /// While the strand still answers: what is being read is read, and nobody is woken any more.
  void stop();

  // Observer
  void stepped() override { sweeps_.stepped(); }
  std::vector<core::JobKey> followed(const std::vector<core::Change>& changes) override {
    return logs_.among(changes);
  }
  void committed(const std::vector<core::JobKey>& jobs) override { logs_.committed(jobs); }

 private:
  class Watching;
  class Following;
  void publish(std::optional<SweepStatus> status, std::vector<FollowedSweeps::Ready> readers);

  Parts parts_;
  FollowedSweeps sweeps_;  ///< on the strand
  FollowedLogs logs_;      ///< on the strand
  Lane status_lane_, log_lane_;
};

}  // namespace spin
