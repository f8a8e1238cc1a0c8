#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "server/app/engine.h"

namespace spin {

/// People who follow logs of jobs: each is woken by what becomes durable of its own job. On the strand.
class FollowedLogs {
 public:
  using Wake = std::function<void()>;
  struct Follower {
    explicit Follower(core::JobKey followed) : job(followed) {}
    const core::JobKey job;
    std::atomic<std::uint64_t> changes = 0;  ///< of the job, durable ones; read anywhere

   private:
    friend class FollowedLogs;
    // On the strand.
    Wake waiting;
    bool is_gone = false;
  };

  std::shared_ptr<Follower> add(core::JobKey job);
  /// What waits is dropped, and what comes.
  void remove(const std::shared_ptr<Follower>& follower);
  /// `wake` is called once there are other changes than `known`, perhaps now; never blocks. One at a time for
  /// each follower.
  void when_changed(Follower& follower, std::uint64_t known, Wake wake);

  /// Of these changes, the jobs that are followed.
  [[nodiscard]] std::vector<core::JobKey> among(const std::vector<core::Change>& changes) const;
  void committed(const std::vector<core::JobKey>& jobs);
  /// Something of its job has become durable.
  static void changed(Follower& follower);
  void stop();

 private:
  std::multimap<core::JobKey, std::shared_ptr<Follower>> followers_;
};

}  // namespace spin
