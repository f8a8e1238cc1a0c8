#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "server/core/events.h"
#include "tests/property/submissions.h"
#include "tests/server/core/model_store.h"

namespace spin::core {

/// What people were told of single jobs: one that was paused or cancelled stays so, through every crash,
/// until somebody asks for something else that concerns it. A broken rule is a test failure.
class Orders {
 public:
  Orders(const ModelStore& store, const Submissions& submissions)
      : store_(store), submissions_(submissions) {}

  /// Before the event is handled.
  void given(const Event& event);
  void told(const Message& message);
  /// Before the change is stored.
  void observe(const Change& change) const;
  /// Who was not told cannot count on anything.
  void restarted();

 private:
  struct Order {
    std::uint64_t request = 0;
    JobId id;
    JobState state = JobState::paused;
    bool is_told = false;
  };

  void forget(const std::function<bool(const JobId&)>& concerns);
  void asked_of(JobKey job, const SteerRequested& event);

  const ModelStore& store_;
  const Submissions& submissions_;
  std::map<JobKey, Order> orders_;
};

}  // namespace spin::core
