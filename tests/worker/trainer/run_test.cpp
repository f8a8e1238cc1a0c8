// Whole runs: results, divergence, what is refused, and the job runner's errors.
#include <csignal>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "schema/base/portable_sha256.h"
#include "schema/design/config_json.h"
#include "tests/worker/trainer/run_harness.h"
#include "worker/trainer/job_runner.h"

namespace spin {
namespace {

class Run : public RunTest {};

TEST_F(Run, ReportsStartEpochsCheckpointsAndResult) {
  const auto config = tiny_config();
  const auto result = run(config);
  ASSERT_TRUE(result.ok()) << result.error().message;
  ASSERT_TRUE(result->has_value());
  const auto& finished = (*result)->result;
  EXPECT_EQ(finished.outcome, Outcome::completed);
  EXPECT_EQ(path_of((*result)->outputs, ArtifactKind::model), command_.outputs[ArtifactKind::model]);
  EXPECT_GT(finished.values[Metric::peak_bytes], 1 << 20);
  EXPECT_GT(finished.values[Metric::images_per_second], 0);
  ASSERT_TRUE(std::holds_alternative<StartedEvent>(events_.front()));
  EXPECT_EQ(std::get<StartedEvent>(events_.front()).params, finished.values[Metric::params]);
  const auto epochs = all<EpochEvent>(events_);
  ASSERT_EQ(epochs.size(), 3U);
  EXPECT_EQ(epochs[2].metrics.values[Metric::top1], finished.values[Metric::top1]);
  EXPECT_EQ(epochs[2].metrics.epoch, 3);
  EXPECT_LT(epochs[2].metrics.values[Metric::loss], epochs[0].metrics.values[Metric::loss]);
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
  EXPECT_GT((*result)->result.values[Metric::top1], 60);  // 10 by chance
  EXPECT_GT((*result)->result.values[Metric::top5], 90);
}

TEST_F(Run, ModelHoldsTheFoldedNetworkAndItsConfiguration) {
  const auto config = shared_config({Component::pointwise}, FusionStrategy::scalar_weighted_mean);
  const auto result = run(config);
  ASSERT_TRUE(result.ok() && result->has_value());
  const auto model = read_tensor_file(command_.outputs[ArtifactKind::model]);
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(nlohmann::json::parse(model->text("config")), config_to_json(config));
  std::int64_t elements = 0;
  for (const auto& [name, tensor] : model->tensors)
    if (name.find("norm.mean") == std::string::npos && name.find("norm.variance") == std::string::npos)
      elements += tensor.numel();
  EXPECT_EQ(elements, (*result)->result.values[Metric::params]);
  EXPECT_FALSE(model->find("pointwise.fusion.weight").defined());
}

TEST_F(Run, LossThatIsNotFiniteEndsAsDiverged) {
  auto config = tiny_config();
  config.training.lr = 1e25;
  const auto result = run(config);
  ASSERT_TRUE(result.ok() && result->has_value());
  EXPECT_EQ((*result)->result.outcome, Outcome::diverged);
  EXPECT_TRUE((*result)->outputs.empty());
  EXPECT_FALSE(std::filesystem::exists(command_.outputs[ArtifactKind::model]));
  EXPECT_TRUE(all<EpochEvent>(events_).empty());
  EXPECT_FALSE((*result)->result.values[Metric::top1].has_value());
  EXPECT_FALSE((*result)->result.values[Metric::top5].has_value());
}

TEST_F(Run, ANetworkThatCannotBeNormalisedFailsWithTheReason) {
  auto config = tiny_config();
  config.network.patch = 28;
  for (const auto& [batch, accumulation] : {std::pair{1, 1}, {16, 16}}) {
    config.training.batch_size = batch;
    config.training.accumulation = accumulation;
    JobRunner runner({}, [&](const TrainerEvent& event) { events_.push_back(event); });
    RunCommand command;
    command.config = config_text(config);
    command.data = (folder_ / "data").string();
    const std::atomic<StopRequest> stop = StopRequest::none;
    EXPECT_EQ(runner.run(command, stop), JobEnd::failed);
    ASSERT_TRUE(std::holds_alternative<FailedEvent>(events_.back()));
    EXPECT_NE(std::get<FailedEvent>(events_.back()).message.find("one value cannot be normalised"),
              std::string::npos);
  }
}

TEST_F(Run, PretrainedFusionNeedsAModel) {
  auto config = shared_config({Component::pointwise}, FusionStrategy::mean);
  config.fusion.init = FusionInit::pretrained;
  EXPECT_NE(run(config).error().message.find("--init"), std::string::npos);
  set_input(command_, InputRole::init, command_.outputs[ArtifactKind::model]);
  EXPECT_EQ(run(config).error().code, ErrorCode::not_found);
  ASSERT_TRUE(run(tiny_config()).ok());
  EXPECT_TRUE(run(config).ok());
}

TEST_F(Run, InitialWeightsOfAnotherDataSetAreRefused) {
  ASSERT_TRUE(run(tiny_config()).ok());
  auto model = *read_tensor_file(command_.outputs[ArtifactKind::model]);
  auto json = nlohmann::json::parse(model.text("config"));
  json["dataset"]["name"] = "cifar10";
  model.metadata["config"] = json.dump();
  set_input(command_, InputRole::init, (folder_ / "other.model").string());
  ASSERT_TRUE(write_tensor_file(path_of(command_.inputs, InputRole::init), model).ok());
  auto config = shared_config({Component::pointwise}, FusionStrategy::mean);
  config.fusion.init = FusionInit::pretrained;
  const auto refused = run(config);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::failed_precondition);
  EXPECT_NE(refused.error().message.find("dataset.name is \"cifar10\" there and \"fashion-mnist\" here"),
            std::string::npos)
      << refused.error().message;
}

TEST_F(Run, FewerImagesThanABatchAreRefused) {
  auto config = tiny_config();
  config.training.batch_size = 84;
  const auto refused = run(config);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("84 images do not fit into the 83"), std::string::npos);
}

TEST_F(Run, CheckpointThatCannotBeWrittenFailsTheRunWithItsPath) {
  command_.outputs[ArtifactKind::checkpoint] =
      (folder_ / "missing" / "run.outputs[ArtifactKind::checkpoint]").string();
  const auto result = run(tiny_config());
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find(command_.outputs[ArtifactKind::checkpoint]), std::string::npos)
      << result.error().message;
}

TEST_F(Run, FullDiskCostsTheCheckpointAndNotTheRun) {
  command_.outputs.erase(ArtifactKind::model);
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
  EXPECT_FALSE(std::filesystem::exists(command_.outputs[ArtifactKind::checkpoint]));
}

TEST_F(Run, FullDiskAtTheModelFailsTheRunWithItsPath) {
  command_.outputs.erase(ArtifactKind::checkpoint);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{100, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto result = run(tiny_config());
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::unavailable);
  EXPECT_NE(result.error().message.find(command_.outputs[ArtifactKind::model]), std::string::npos)
      << result.error().message;
  EXPECT_FALSE(std::filesystem::exists(command_.outputs[ArtifactKind::model]));
}

TEST(RealData, ThirtyStepsOnFashionMnistAreFarAboveChance) {
  Train config = tiny_config();
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
  const std::atomic<StopRequest> stop = StopRequest::none;
  ASSERT_EQ(runner.run(command, stop), JobEnd::finished) << all<FailedEvent>(events)[0].message;
  EXPECT_GT(all<FinishedEvent>(events)[0].result.values[Metric::top1], 50);
}

TEST_F(Run, RunnerGoesOnAfterAFailure) {
  JobRunner runner({}, [&](const TrainerEvent& event) { events_.push_back(event); });
  std::atomic<StopRequest> stop = StopRequest::none;
  RunCommand command;
  command.config = config_text(tiny_config());
  command.data = "/nowhere";
  EXPECT_EQ(runner.run(command, stop), JobEnd::failed);
  EXPECT_NE(all<FailedEvent>(events_)[0].message.find("/nowhere"), std::string::npos);
  command.data = (folder_ / "data").string();
  EXPECT_EQ(runner.run(command, stop), JobEnd::finished);
  stop = StopRequest::save;
  EXPECT_EQ(runner.run(command, stop), JobEnd::stopped);
  EXPECT_TRUE(std::holds_alternative<StoppedEvent>(events_.back()));
}

TEST(ParseJob, TakesAConfigurationOrAnElementOfAPlan) {
  const auto config = tiny_config();
  const auto json = config_to_json(config);
  for (const auto& text : {json.dump(), nlohmann::json{{"name", "x"}, {"config", json}}.dump()}) {
    const auto parsed = parse_job(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(*parsed, Task(config));
  }
  const auto placed = parse_job(nlohmann::json{{"root", "/data//x/"}, {"config", json}}.dump());
  ASSERT_TRUE(placed.ok()) << placed.error().message;
  EXPECT_EQ(dataset_of(*placed).root, "/data/x");
  EXPECT_FALSE(parse_job("[]").ok());
  EXPECT_FALSE(parse_job("{\"config\": 1}").ok());
}

TEST(ParseJob, RefusesAConfigurationThatIsNotTheOneOfItsHash) {
  const auto identity_of = [](const Train& config) {
    return to_hex(portable_sha256(kIdentityVersion + config_to_json(config).dump()));
  };
  auto config = canonical(tiny_config());
  config.seed = 9007199254740993;  // no double holds it
  const auto identity = identity_of(config);
  const auto parsed =
      parse_job(nlohmann::json{{"hash", identity}, {"config", config_to_json(config)}}.dump());
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(seed_of(*parsed), 9007199254740993);

  config.seed = 9007199254740992;
  const auto refused =
      parse_job(nlohmann::json{{"hash", identity}, {"config", config_to_json(config)}}.dump());
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find(identity), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find(identity_of(config)), std::string::npos) << refused.error().message;
  EXPECT_TRUE(parse_job(nlohmann::json{{"config", config_to_json(config)}}.dump()).ok());
}

}  // namespace
}  // namespace spin
