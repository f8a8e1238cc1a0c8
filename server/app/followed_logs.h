#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "server/app/engine.h"

namespace spin {

/// Jobs whose logs people follow: each follower is woken by what becomes durable of its own job. On the
/// strand.
class FollowedLogs {
 public:
  using Wake = std::function<void()>;
  /// One job that is followed, shared by its followers.
  struct Job {
    core::JobKey key;
    std::atomic<std::uint64_t> changes = 0;  ///< durable ones; read anywhere
    int followers = 0;                       ///< on the strand, as what follows
    std::vector<Wake> waiting;
  };

  std::shared_ptr<Job> add(core::JobKey key);
  void remove(const std::shared_ptr<Job>& job);
  /// `wake` is called once there are other changes than `known`, perhaps now; never blocks.
  void when_changed(Job& job, std::uint64_t known, Wake wake);

  /// Of these changes, the jobs that are followed: what speaks of a whole sweep may concern each of them.
  [[nodiscard]] std::vector<core::JobKey> among(const std::vector<core::Change>& changes) const;
  void committed(const std::vector<core::JobKey>& jobs);
  void stop() { jobs_.clear(); }

 private:
  std::map<core::JobKey, std::shared_ptr<Job>> jobs_;
};

}  // namespace spin
