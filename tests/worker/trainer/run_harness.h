#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "schema/job/trainer_link.h"
#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/fixtures.h"
#include "worker/trainer/dataset.h"
#include "worker/trainer/training_run.h"

namespace spin {

/// Events of one kind, in order.
template <class Event>
std::vector<Event> all(const std::vector<TrainerEvent>& events) {
  std::vector<Event> found;
  for (const auto& event : events)
    if (const auto* kind = std::get_if<Event>(&event)) found.push_back(*kind);
  return found;
}

/// Runs jobs in a folder of their own, on 83 training and 40 evaluation images where they are from files: 5
/// batches of 16 and a rest.
class RunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_dataset(folder_ / "data", 83, 40);
    command_.outputs[ArtifactKind::checkpoint] = (folder_ / "run.outputs[ArtifactKind::checkpoint]").string();
    command_.outputs[ArtifactKind::model] = (folder_ / "run.outputs[ArtifactKind::model]").string();
    command_.checkpoint_seconds = 0;  // at the end of every epoch
  }

  /// Stops after `steps` steps of this call, where that is above 0; an evaluation counts as one.
  Result<std::optional<FinishedEvent>> run(const Train& config, int steps = 0,
                                           StopRequest how = StopRequest::save) {
    SPIN_ASSIGN(auto data, store_.load(config.dataset, (folder_ / "data").string()));
    events_.clear();
    const auto sink = [&](const TrainerEvent& event) {
      events_.push_back(event);
      if (on_event_) on_event_(event);
    };
    const auto stop_request = [this, steps, how, asked = 0]() mutable {
      ++steps_asked_;
      return steps > 0 && asked++ >= steps ? how : StopRequest::none;
    };
    TrainingRun training({config, command_, std::move(data), torch::kCPU, 1, sink, stop_request, now_});
    SPIN_TRY(training.prepare());
    return training.run();
  }

  /// Runs to the end, which it must reach.
  FinishedEvent finish(const Train& config) {
    const auto result = run(config);
    if (!result.ok()) ADD_FAILURE() << result.error().message;
    const bool finished = result.ok() && result->has_value();
    EXPECT_TRUE(finished);
    return finished ? **result : FinishedEvent{};
  }

  TempFolder folder_;
  RunCommand command_;
  DataStore store_{torch::kCPU};
  std::vector<TrainerEvent> events_;
  std::function<void(const TrainerEvent&)> on_event_;
  int steps_asked_ = 0;  ///< steps and evaluation batches that were begun
  std::function<std::chrono::steady_clock::time_point()> now_ = std::chrono::steady_clock::now;
};

}  // namespace spin
