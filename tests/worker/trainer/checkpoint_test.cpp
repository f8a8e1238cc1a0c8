// Runs that are stopped and go on, and checkpoints that do not fit.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/worker/trainer/run_harness.h"
#include "worker/trainer/job_runner.h"

namespace spin {
namespace {

/// Everything that draws random numbers or keeps state between steps: 2 epochs of 5 steps.
Train with_everything(Family family) {
  auto config = shared_config({Component::pointwise}, FusionStrategy::channel_weighted_mean);
  config.dataset.name = "synthetic";
  config.dataset.facts = *dataset_facts("synthetic");
  config.dataset.train_limit = 83;
  config.dataset.eval_limit = 40;
  auto& network = config.network;
  network.family = family;
  network.resolution = 32;
  network.patch = 8;
  network.dropout = 0.3;
  if (family == Family::convnext) network.layer_scale = 0.1;
  if (family == Family::deit) {
    network.kernel = 0;
    network.heads = 2;
    config.components = {Component::attention, Component::mlp};
  }
  auto& training = config.training;
  training.epochs = 2;
  training.mixup = 0.4;
  training.cutmix = 0.6;
  training.random_erasing = 0.5;
  training.random_erasing_mode = Erase::pixel;
  training.randaugment = RandAugment{2, 9, 0.5, true};
  training.repeated_augmentation = 3;
  if (family != Family::convmixer) training.stochastic_depth = 0.3;
  training.eps = 1e-3;
  training.cycle_momentum = true;
  training.label_noise = 0.2;
  training.crop = Crop::random_resized;
  training.crop_scale = 0.3;
  training.flip = 0.5;
  training.ema = 0.8;
  training.accumulation = 2;
  training.keep = Keep::best;
  return canonical(config);
}

class Checkpoint : public RunTest {
 protected:
  struct Whole {
    std::string model;
    std::vector<EpochEvent> epochs;
    JobResult result;
  };

  Whole run_whole(const Train& config) {
    command_.inputs.erase(InputRole::resume);
    const auto finished = finish(config);
    return {read_bytes(command_.outputs[ArtifactKind::model]), all<EpochEvent>(events_), finished.result};
  }

  /// Runs to `steps` after where the checkpoint is, and stops.
  void run_for(const Train& config, int steps) {
    const auto stopped = run(config, steps);
    ASSERT_TRUE(stopped.ok()) << stopped.error().message;
    ASSERT_FALSE(stopped->has_value());
    set_input(command_, InputRole::resume, command_.outputs[ArtifactKind::checkpoint]);
    torch::manual_seed(12345);  // a process of its own would not have the generators' state either
  }

  /// Goes on to the end, which must be that of `whole`.
  void expect_ends_as(const Whole& whole, const Train& config) {
    const auto finished = finish(config);
    EXPECT_TRUE(read_bytes(command_.outputs[ArtifactKind::model]) == whole.model);
    EXPECT_EQ(finished.result.values[Metric::top1], whole.result.values[Metric::top1]);
    EXPECT_EQ(finished.result.values[Metric::top5], whole.result.values[Metric::top5]);
    const auto epochs = all<EpochEvent>(events_);
    ASSERT_FALSE(epochs.empty());
    EXPECT_EQ(epochs.back().metrics.values[Metric::loss], whole.epochs.back().metrics.values[Metric::loss]);
    EXPECT_EQ(epochs.back().metrics.values[Metric::top1], whole.epochs.back().metrics.values[Metric::top1]);
  }
};

TEST_F(Checkpoint, ResumedAtAnyStepEqualsUninterruptedBitForBit) {
  for (const auto family : {Family::convmixer, Family::convnext, Family::deit}) {
    const auto config = with_everything(family);
    ASSERT_TRUE(validate(config).ok()) << validate(config).error().message;
    const auto whole = run_whole(config);
    for (const int steps : {1, 4, 5, 6, 8}) {  // 5: before an evaluation, 6: between two epochs
      SCOPED_TRACE("family " + std::to_string(static_cast<int>(family)) + ", step " + std::to_string(steps));
      command_.inputs.erase(InputRole::resume);
      run_for(config, steps);
      expect_ends_as(whole, config);
    }
  }
}

TEST_F(Checkpoint, ResumedTwiceWithinAnEpochAndOnTwoThreads) {
  const int threads_before = at::get_num_threads();
  at::set_num_threads(2);
  auto config = shared_config({Component::pointwise, Component::bias}, FusionStrategy::channel_weighted_mean);
  config.network.dropout = 0.3;
  config.training.optimizer = Optimizer::sgd;
  config.training.schedule = Schedule::one_cycle_linear;
  const auto whole = run_whole(config);
  run_for(config, 7);  // an evaluation among them
  EXPECT_EQ(all<CheckpointEvent>(events_).back().epoch, 1);
  testing::internal::CaptureStderr();
  run_for(config, 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("goes on after step 6 of 15"), std::string::npos);
  EXPECT_EQ(all<StartedEvent>(events_)[0].first_epoch, 2);
  run_for(config, 4);
  ASSERT_EQ(all<EpochEvent>(events_).size(), 1U);
  EXPECT_EQ(all<EpochEvent>(events_)[0].metrics.values[Metric::loss],
            whole.epochs[1].metrics.values[Metric::loss]);
  expect_ends_as(whole, config);
  at::set_num_threads(threads_before);
}

TEST_F(Checkpoint, ComesByTimeWithinAnEpochTooAndIsGoneOnFromBitForBit) {
  const auto config = with_everything(Family::deit);  // 2 epochs of 5 steps and one evaluation batch
  const auto whole = run_whole(config);
  command_.checkpoint_seconds = 120;
  now_ = [&] { return std::chrono::steady_clock::time_point(std::chrono::minutes(steps_asked_)); };
  std::vector<std::string> kept;
  on_event_ = [&](const TrainerEvent& event) {
    if (std::holds_alternative<CheckpointEvent>(event))
      kept.push_back(read_bytes(command_.outputs[ArtifactKind::checkpoint]));
  };
  steps_asked_ = 0;
  finish(config);
  EXPECT_TRUE(read_bytes(command_.outputs[ArtifactKind::model]) == whole.model);
  std::vector<int> epochs;
  for (const auto& event : all<CheckpointEvent>(events_)) epochs.push_back(event.epoch);
  // After steps 2 and 4, at the end of the epoch, then two and four steps later; none where the result comes.
  EXPECT_EQ(epochs, (std::vector<int>{0, 0, 1, 1, 1}));
  on_event_ = nullptr;
  for (const auto& bytes : kept) {
    write_bytes(folder_ / "kept", bytes);
    set_input(command_, InputRole::resume, (folder_ / "kept").string());
    torch::manual_seed(12345);
    expect_ends_as(whole, config);
  }
}

TEST_F(Checkpoint, ShortEpochsDoNotPayForOneEach) {
  command_.checkpoint_seconds = 300;
  now_ = [&] { return std::chrono::steady_clock::time_point(std::chrono::seconds(steps_asked_)); };
  finish(tiny_config());
  EXPECT_TRUE(all<CheckpointEvent>(events_).empty());
  ASSERT_TRUE(run(tiny_config(), 7).ok());
  EXPECT_EQ(all<CheckpointEvent>(events_).size(), 1U) << "a stop saves";
}

TEST_F(Checkpoint, StoppingWritesOnlyWhatIsNew) {
  ASSERT_TRUE(run(tiny_config(), 6).ok());  // where the first epoch ends, whose checkpoint is there
  EXPECT_EQ(all<CheckpointEvent>(events_).size(), 1U);
  ASSERT_TRUE(run(tiny_config(), 7).ok());
  ASSERT_EQ(all<CheckpointEvent>(events_).size(), 2U);
  EXPECT_EQ(all<CheckpointEvent>(events_)[1].epoch, 1);
  ASSERT_TRUE(run(tiny_config(), 5).ok());
  ASSERT_EQ(all<CheckpointEvent>(events_).size(), 1U);
  EXPECT_EQ(all<CheckpointEvent>(events_)[0].epoch, 0);
  command_.outputs.erase(ArtifactKind::checkpoint);
  ASSERT_TRUE(run(tiny_config(), 7).ok());
  EXPECT_TRUE(all<CheckpointEvent>(events_).empty());
}

TEST_F(Checkpoint, AnEpochThatWasEvaluatedIsNotEvaluatedAgain) {
  command_.checkpoint_seconds = 300;
  now_ = [&] { return std::chrono::steady_clock::time_point(std::chrono::minutes(steps_asked_)); };
  ASSERT_TRUE(run(tiny_config(), 6).ok());  // a checkpoint comes after step 5, where the first epoch ends
  const auto written = all<CheckpointEvent>(events_);
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[0].epoch, 0);
  EXPECT_EQ(written[1].epoch, 1) << "the same step, and the evaluation behind it";
  EXPECT_EQ(all<EpochEvent>(events_).size(), 1U);
  set_input(command_, InputRole::resume, command_.outputs[ArtifactKind::checkpoint]);
  finish(tiny_config());
  ASSERT_EQ(all<EpochEvent>(events_).size(), 2U);
  EXPECT_EQ(all<EpochEvent>(events_)[0].metrics.epoch, 2);
}

TEST_F(Checkpoint, StoppingToDiscardWritesNothing) {
  for (const int steps : {3, 5, 7}) {  // 5: before an evaluation
    const auto stopped = run(tiny_config(), steps, StopRequest::discard);
    ASSERT_TRUE(stopped.ok()) << stopped.error().message;
    EXPECT_FALSE(stopped->has_value());
    EXPECT_EQ(all<CheckpointEvent>(events_).size(), steps > 6 ? 1U : 0U) << "that of the first epoch";
  }
}

TEST_F(Checkpoint, OfAStateThatNoRunOfTheJobReachesIsRefused) {
  const auto config = tiny_config();  // 3 epochs of 5 steps
  const auto refusal = [&](int epoch, std::int64_t step, bool evaluated) {
    Learner learner(config, torch::kCPU, 5);
    learner.begin();
    RunState state;
    state.epoch = epoch;
    state.step = step;
    if (evaluated) state.kept = Evaluated{1, 55.5, 90};
    EXPECT_TRUE(save_checkpoint(command_.outputs[ArtifactKind::checkpoint], config_to_json(config), learner,
                                torch::kCPU, state)
                    .ok());
    set_input(command_, InputRole::resume, command_.outputs[ArtifactKind::checkpoint]);
    const auto refused = run(config);
    return refused.ok() ? "taken" : refused.error().message;
  };
  const std::string none =
      command_.outputs[ArtifactKind::checkpoint] + ": its run state is none of this job: ";
  EXPECT_EQ(refusal(-1, 0, true), none + "epoch -1, step 0 of 15");
  EXPECT_EQ(refusal(4, 15, true), none + "epoch 4, step 15 of 15");
  EXPECT_EQ(refusal(3, 15, false), none + "epoch 3, step 15 of 15") << "the end without an evaluation";
  EXPECT_EQ(refusal(1, 4, true), none + "epoch 1, step 4 of 15") << "before the epoch";
  EXPECT_EQ(refusal(1, 11, true), none + "epoch 1, step 11 of 15") << "after it";
  EXPECT_EQ(refusal(0, -1, true), none + "epoch 0, step -1 of 15");
  EXPECT_EQ(refusal(1, 10, true), "taken");
}

TEST_F(Checkpoint, ThatCannotBeTakenIsLeftAsideBelowAWorkerAndRefusedByHand) {
  const auto config = tiny_config();
  const auto whole = run_whole(config);
  ASSERT_TRUE(run(config, 7).ok());
  const auto good = read_bytes(command_.outputs[ArtifactKind::checkpoint]);
  auto other = config;
  other.seed = 99;
  const auto run_job = [&](BadCheckpoint bad, const Train& job) {
    events_.clear();
    JobRunner runner(
        {}, [&](const TrainerEvent& event) { events_.push_back(event); }, bad);
    auto command = command_;
    command.config = config_text(job);
    command.data = (folder_ / "data").string();
    set_input(command, InputRole::resume, (folder_ / "resume").string());
    const std::atomic<StopRequest> stop = StopRequest::none;
    return runner.run(command, stop);
  };
  auto flipped = good;
  flipped[20] = static_cast<char>(flipped[20] ^ 1);  // in the header
  for (const auto& bytes : {std::string("no checkpoint"), good.substr(0, good.size() / 2), flipped}) {
    write_bytes(folder_ / "resume", bytes);
    ASSERT_EQ(run_job(BadCheckpoint::refuse, config), JobEnd::failed);
    EXPECT_NE(all<FailedEvent>(events_)[0].message.find("/resume: "), std::string::npos);
    ASSERT_EQ(run_job(BadCheckpoint::begin_anew, config), JobEnd::finished);
    EXPECT_EQ(all<StartedEvent>(events_)[0].first_epoch, 1);
    EXPECT_EQ(all<EpochEvent>(events_).size(), 3U);
    EXPECT_TRUE(read_bytes(command_.outputs[ArtifactKind::model]) == whole.model)
        << "as if there had been none";
  }
  write_bytes(folder_ / "resume", good);
  EXPECT_EQ(run_job(BadCheckpoint::refuse, other), JobEnd::failed);
  EXPECT_EQ(run_job(BadCheckpoint::begin_anew, other), JobEnd::finished);
  EXPECT_EQ(all<StartedEvent>(events_)[0].first_epoch, 1);
  ASSERT_EQ(run_job(BadCheckpoint::begin_anew, config), JobEnd::finished);
  EXPECT_EQ(all<StartedEvent>(events_)[0].first_epoch, 2) << "a good one is gone on from";
  EXPECT_TRUE(read_bytes(command_.outputs[ArtifactKind::model]) == whole.model);
}

TEST_F(Checkpoint, OfTheLastEpochJustFinishes) {
  const auto config = tiny_config();
  Learner learner(config, torch::kCPU, 5);
  learner.begin();
  RunState state;
  state.epoch = 3;
  state.step = 15;
  state.kept = Evaluated{3, 55.5, 90};
  ASSERT_TRUE(save_checkpoint(command_.outputs[ArtifactKind::checkpoint], config_to_json(config), learner,
                              torch::kCPU, state)
                  .ok());
  set_input(command_, InputRole::resume, command_.outputs[ArtifactKind::checkpoint]);
  EXPECT_EQ(finish(config).result.values[Metric::top1], 55.5);
  EXPECT_TRUE(all<EpochEvent>(events_).empty());
  EXPECT_TRUE(std::filesystem::exists(command_.outputs[ArtifactKind::model]));
}

TEST_F(Checkpoint, OfAnotherJobIsRefusedWithTheFirstDifference) {
  auto config = tiny_config();
  ASSERT_TRUE(run(config, 1).ok());
  set_input(command_, InputRole::resume, command_.outputs[ArtifactKind::checkpoint]);
  config.training.lr = 0.02;
  const auto refused = run(config);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::failed_precondition);
  EXPECT_NE(refused.error().message.find("training.lr is 0.01 there and 0.02 here"), std::string::npos)
      << refused.error().message;
}

TEST_F(Checkpoint, WithOtherTensorsIsRefusedWithTheFirst) {
  const auto config = tiny_config();
  ASSERT_TRUE(run(config, 1).ok());
  set_input(command_, InputRole::resume, command_.outputs[ArtifactKind::checkpoint]);
  const auto file = *read_tensor_file(command_.outputs[ArtifactKind::checkpoint]);
  const auto refusal = [&](const TensorFile& changed) {
    EXPECT_TRUE(write_tensor_file(command_.outputs[ArtifactKind::checkpoint], changed).ok());
    const auto refused = run(config);
    EXPECT_FALSE(refused.ok());
    return refused.ok() ? std::string() : refused.error().message;
  };
  auto changed = file;
  changed.tensors[2].tensor = torch::zeros({3});
  const auto& name = file.tensors[2].name;
  EXPECT_NE(refusal(changed).find("tensor '" + name + "' is [3] Float where [8] Float was expected"),
            std::string::npos)
      << refusal(changed);
  changed = file;
  changed.tensors.erase(changed.tensors.begin() + 2);
  EXPECT_NE(refusal(changed).find("tensor '" + name + "' is missing"), std::string::npos);
  changed = file;
  changed.tensors.push_back({"average.parameters", torch::zeros({3})});
  EXPECT_NE(refusal(changed).find("tensor 'average.parameters' is there"), std::string::npos);
}

TEST_F(Checkpoint, DamagedIsRefused) {
  const auto config = tiny_config();
  ASSERT_TRUE(run(config, 1).ok());
  const auto bytes = read_bytes(command_.outputs[ArtifactKind::checkpoint]);
  set_input(command_, InputRole::resume, command_.outputs[ArtifactKind::checkpoint]);
  for (std::size_t size = 0; size < bytes.size(); size += bytes.size() / 50) {
    write_bytes(command_.outputs[ArtifactKind::checkpoint], bytes.substr(0, size));
    const auto refused = run(config);
    ASSERT_FALSE(refused.ok()) << size;
    ASSERT_EQ(refused.error().code, ErrorCode::data_loss);
    ASSERT_EQ(refused.error().message.rfind(command_.outputs[ArtifactKind::checkpoint], 0), 0U)
        << refused.error().message;
  }
  ASSERT_TRUE(
      write_tensor_file(command_.outputs[ArtifactKind::checkpoint], {{{"format", "other"}}, {}}).ok());
  EXPECT_NE(run(config).error().message.find("'other'"), std::string::npos);
}

}  // namespace
}  // namespace spin
