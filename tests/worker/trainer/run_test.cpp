// Whole runs: results, resuming, divergence, checkpoints of other jobs, and the job runner's errors.
#include <sys/resource.h>

#include <csignal>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/fixtures.h"
#include "worker/trainer/job_runner.h"
#include "worker/trainer/training_run.h"

namespace spin {
namespace {

/// Events of one kind, in order.
template <class Event>
std::vector<Event> all(const std::vector<TrainerEvent>& events) {
  std::vector<Event> found;
  for (const auto& event : events)
    if (const auto* kind = std::get_if<Event>(&event)) found.push_back(*kind);
  return found;
}

class Run : public ::testing::Test {
 protected:
  void SetUp() override {
    write_dataset(folder_ / "data", 83, 40);  // 5 batches of 16 and a rest
    command_.checkpoint = (folder_ / "run.checkpoint").string();
    command_.model = (folder_ / "run.model").string();
  }

  /// Runs without the runner's checks, so that settings not offered to people yet are reached too. Stops
  /// after `stop_after` checkpoints where that is above 0.
  Result<std::optional<FinishedEvent>> run(const JobConfig& config, int stop_after = 0) {
    auto data = store_.load(config.dataset, (folder_ / "data").string());
    if (!data.ok()) return data.error();
    std::atomic<bool> stop = false;
    events_.clear();
    const auto sink = [&](const TrainerEvent& event) {
      events_.push_back(event);
      if (stop_after > 0 && static_cast<int>(all<CheckpointEvent>(events_).size()) == stop_after) stop = true;
    };
    TrainingRun training({config, command_, std::move(*data), torch::kCPU, 1, sink, stop});
    if (auto status = training.prepare(); !status.ok()) return status.error();
    return training.run();
  }

  TempFolder folder_;
  RunCommand command_;
  DataStore store_{torch::kCPU};
  std::vector<TrainerEvent> events_;
};

TEST_F(Run, ReportsStartEpochsCheckpointsAndResult) {
  const auto config = tiny_config();
  const auto result = run(config);
  ASSERT_TRUE(result.ok()) << result.error().message;
  ASSERT_TRUE(result->has_value());
  const auto& finished = (*result)->result;
  EXPECT_EQ(finished.outcome, Outcome::completed);
  EXPECT_EQ((*result)->model, command_.model);
  EXPECT_GT(finished.peak_bytes, 1 << 20);
  EXPECT_GT(finished.images_per_second, 0);
  ASSERT_TRUE(std::holds_alternative<StartedEvent>(events_.front()));
  EXPECT_EQ(std::get<StartedEvent>(events_.front()).params, finished.params);
  const auto epochs = all<EpochEvent>(events_);
  ASSERT_EQ(epochs.size(), 3U);
  EXPECT_EQ(epochs[2].metrics.top1, finished.top1);
  EXPECT_EQ(epochs[2].metrics.epoch, 3);
  EXPECT_LT(epochs[2].metrics.loss, epochs[0].metrics.loss);
  const auto checkpoints = all<CheckpointEvent>(events_);
  ASSERT_EQ(checkpoints.size(), 2U);  // none after the last epoch
  EXPECT_EQ(checkpoints[1].epoch, 2);
  const auto progress = all<ProgressEvent>(events_);
  ASSERT_FALSE(progress.empty());
  EXPECT_EQ(progress[0].progress.step, 1);
  EXPECT_EQ(progress[0].progress.steps, 15);
}

TEST_F(Run, LearnsWhatTheImagesShow) {
  auto config = tiny_config();
  config.training.epochs = 12;
  const auto result = run(config);
  ASSERT_TRUE(result.ok() && result->has_value());
  EXPECT_GT((*result)->result.top1, 60);  // 10 by chance
  EXPECT_GT((*result)->result.top5, 90);
}

TEST_F(Run, ModelHoldsTheFoldedNetworkAndItsConfiguration) {
  const auto config = shared_config({Component::pointwise}, FusionStrategy::scalar_weighted_mean);
  const auto result = run(config);
  ASSERT_TRUE(result.ok() && result->has_value());
  const auto model = read_tensor_file(command_.model);
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(nlohmann::json::parse(model->text("config")), config_to_json(config));
  std::int64_t elements = 0;
  for (const auto& [name, tensor] : model->tensors)
    if (name.find("norm.mean") == std::string::npos && name.find("norm.variance") == std::string::npos)
      elements += tensor.numel();
  EXPECT_EQ(elements, (*result)->result.params);
  EXPECT_FALSE(model->find("pointwise.fusion.weight").defined());
}

TEST_F(Run, ResumedEqualsUninterruptedBitForBit) {
  auto config = shared_config({Component::pointwise, Component::bias}, FusionStrategy::channel_weighted_mean);
  config.network.dropout = 0.3;
  const int threads_before = at::get_num_threads();
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    const auto whole = run(config);
    ASSERT_TRUE(whole.ok() && whole->has_value());
    const auto expected = read_bytes(command_.model);
    const auto losses = all<EpochEvent>(events_);
    std::filesystem::remove(command_.model);

    for (const int epochs_before : {1, 2}) {
      command_.resume.clear();
      const auto stopped = run(config, epochs_before);
      ASSERT_TRUE(stopped.ok() && !stopped->has_value());
      torch::manual_seed(12345);  // a process of its own would not have the generator's state either
      command_.resume = command_.checkpoint;
      const auto resumed = run(config);
      ASSERT_TRUE(resumed.ok()) << resumed.error().message;
      EXPECT_EQ(all<StartedEvent>(events_)[0].first_epoch, epochs_before + 1);
      EXPECT_EQ(read_bytes(command_.model), expected) << threads << " threads, after epoch " << epochs_before;
      EXPECT_EQ(all<EpochEvent>(events_).back().metrics.loss, losses.back().metrics.loss);
      EXPECT_EQ((*resumed)->result.top1, (*whole)->result.top1);
    }
    command_.resume.clear();
  }
  at::set_num_threads(threads_before);
}

TEST_F(Run, CheckpointOfTheLastEpochJustFinishes) {
  auto config = tiny_config();
  const auto data = store_.load(config.dataset, (folder_ / "data").string());
  ASSERT_TRUE(data.ok());
  const auto network = make_model(config);
  FlatParameters parameters(network->parameters(), torch::kCPU);
  AdamW optimizer(parameters, 0);
  RunState state;
  state.epoch = 3;
  state.step = 15;
  state.last.top1 = 55.5;
  ASSERT_TRUE(save_checkpoint(command_.checkpoint, config_to_json(config),
                              {*network, parameters, optimizer, torch::kCPU}, state)
                  .ok());
  command_.resume = command_.checkpoint;
  const auto result = run(config);
  ASSERT_TRUE(result.ok() && result->has_value());
  EXPECT_EQ((*result)->result.top1, 55.5);
  EXPECT_TRUE(all<EpochEvent>(events_).empty());
  EXPECT_TRUE(std::filesystem::exists(command_.model));
}

TEST_F(Run, CheckpointOfAnotherJobIsRefusedWithTheFirstDifference) {
  auto config = tiny_config();
  ASSERT_TRUE(run(config, 1).ok());
  command_.resume = command_.checkpoint;
  config.training.lr = 0.02;
  const auto refused = run(config);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::failed_precondition);
  EXPECT_NE(refused.error().message.find("training.lr is 0.01 there and 0.02 here"), std::string::npos)
      << refused.error().message;
}

TEST_F(Run, DamagedCheckpointIsRefused) {
  auto config = tiny_config();
  ASSERT_TRUE(run(config, 1).ok());
  const auto bytes = read_bytes(command_.checkpoint);
  command_.resume = command_.checkpoint;
  for (std::size_t size = 0; size < bytes.size(); size += bytes.size() / 50) {
    write_bytes(command_.checkpoint, bytes.substr(0, size));
    const auto refused = run(config);
    ASSERT_FALSE(refused.ok()) << size;
    ASSERT_EQ(refused.error().code, ErrorCode::data_loss);
    ASSERT_EQ(refused.error().message.rfind(command_.checkpoint, 0), 0U) << refused.error().message;
  }
  ASSERT_TRUE(write_tensor_file(command_.checkpoint, {{{"format", "other"}}, {}}).ok());
  EXPECT_NE(run(config).error().message.find("'other'"), std::string::npos);
}

TEST_F(Run, LossThatIsNotFiniteEndsAsDiverged) {
  auto config = tiny_config();
  config.training.lr = 1e25;
  const auto result = run(config);
  ASSERT_TRUE(result.ok() && result->has_value());
  EXPECT_EQ((*result)->result.outcome, Outcome::diverged);
  EXPECT_TRUE((*result)->model.empty());
  EXPECT_FALSE(std::filesystem::exists(command_.model));
  EXPECT_TRUE(all<EpochEvent>(events_).empty());
  EXPECT_EQ((*result)->result.top1, 0);
}

TEST_F(Run, PretrainedFusionNeedsAModel) {
  auto config = shared_config({Component::pointwise}, FusionStrategy::mean);
  config.fusion.init = FusionInit::pretrained;
  EXPECT_NE(run(config).error().message.find("--init"), std::string::npos);
  command_.init = command_.model;
  EXPECT_EQ(run(config).error().code, ErrorCode::not_found);
  ASSERT_TRUE(run(tiny_config()).ok());
  EXPECT_TRUE(run(config).ok());
}

TEST_F(Run, FewerImagesThanABatchAreRefused) {
  auto config = tiny_config();
  config.training.batch_size = 84;
  const auto refused = run(config);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("84 images do not fit into the 83"), std::string::npos);
}

TEST_F(Run, CheckpointThatCannotBeWrittenFailsTheRunWithItsPath) {
  command_.checkpoint = (folder_ / "missing" / "run.checkpoint").string();
  const auto result = run(tiny_config());
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find(command_.checkpoint), std::string::npos) << result.error().message;
}

TEST_F(Run, FullDiskCostsTheCheckpointAndNotTheRun) {
  command_.model.clear();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{100, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto result = run(tiny_config());
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ((*result)->result.outcome, Outcome::completed);
  EXPECT_TRUE(all<CheckpointEvent>(events_).empty());
  EXPECT_FALSE(std::filesystem::exists(command_.checkpoint));
}

TEST(RealData, ThirtyStepsOnFashionMnistAreFarAboveChance) {
  JobConfig config = tiny_config();
  config.network.channels = 32;
  config.network.patch = 4;
  config.dataset.train_limit = 1920;
  config.dataset.eval_limit = 500;
  config.training.epochs = 2;
  config.training.batch_size = 64;
  std::vector<TrainerEvent> events;
  JobRunner runner({}, [&](const TrainerEvent& event) { events.push_back(event); });
  RunCommand command;
  command.config = config_text(config);
  const std::atomic<bool> stop = false;
  ASSERT_EQ(runner.run(command, stop), JobEnd::finished) << all<FailedEvent>(events)[0].message;
  EXPECT_GT(all<FinishedEvent>(events)[0].result.top1, 50);
}

TEST_F(Run, RunnerGoesOnAfterAFailure) {
  JobRunner runner({}, [&](const TrainerEvent& event) { events_.push_back(event); });
  std::atomic<bool> stop = false;
  RunCommand command;
  command.config = config_text(tiny_config());
  command.data = "/nowhere";
  EXPECT_EQ(runner.run(command, stop), JobEnd::failed);
  EXPECT_NE(all<FailedEvent>(events_)[0].message.find("/nowhere"), std::string::npos);
  command.data = (folder_ / "data").string();
  EXPECT_EQ(runner.run(command, stop), JobEnd::finished);
  stop = true;
  EXPECT_EQ(runner.run(command, stop), JobEnd::stopped);
  EXPECT_TRUE(std::holds_alternative<StoppedEvent>(events_.back()));
}

TEST(ParseJob, TakesAConfigurationOrAnElementOfAPlan) {
  const auto config = tiny_config();
  const auto json = config_to_json(config);
  for (const auto& text : {json.dump(), nlohmann::json{{"name", "x"}, {"config", json}}.dump()}) {
    const auto parsed = parse_job(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(*parsed, config);
  }
  EXPECT_FALSE(parse_job("[]").ok());
  EXPECT_FALSE(parse_job("{\"config\": 1}").ok());
  auto unserved = json;
  unserved["training"]["mixup"] = 0.5;
  const auto refused = parse_job(unserved.dump());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace spin
