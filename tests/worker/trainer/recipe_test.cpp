// What the settings of a recipe make of a whole run.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/worker/trainer/run_harness.h"
#include "worker/trainer/evaluation.h"

namespace spin {
namespace {

class Recipe : public RunTest {
 protected:
  /// Accuracy of the model that the last run wrote; for networks without fusion.
  Accuracy accuracy_of_model(const Train& config) {
    const auto network = make_model(config);
    const auto loaded = load_initial_weights(command_.outputs[ArtifactKind::model], config, *network);
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    const auto data = store_.load(config.dataset, (folder_ / "data").string());
    const auto batches = evaluation_batches(*data, config, 40, 1);
    return **evaluate(*network, *batches, torch::kCPU, config.training.precision, [] { return false; });
  }
};

TEST_F(Recipe, EveryPrecisionOptimizerAndScheduleTrains) {
  auto config = tiny_config();
  config.training.epochs = 2;
  for (const auto precision : {Precision::fp32, Precision::bf16})
    for (const auto optimizer : {Optimizer::adamw, Optimizer::sgd})
      for (const auto schedule :
           {Schedule::one_cycle, Schedule::one_cycle_linear, Schedule::cosine, Schedule::constant}) {
        config.training.precision = precision;
        config.training.optimizer = optimizer;
        config.training.schedule = schedule;
        const auto finished = finish(config);
        EXPECT_EQ(finished.result.outcome, Outcome::completed);
        const auto epochs = all<EpochEvent>(events_);
        ASSERT_EQ(epochs.size(), 2U);
        EXPECT_LT(epochs[1].metrics.values[Metric::loss], epochs[0].metrics.values[Metric::loss]);
      }
}

TEST_F(Recipe, EvaluatesEachNthEpochAndTheLast) {
  auto config = tiny_config();
  config.training.epochs = 5;
  config.training.evaluate_every = 2;
  const auto finished = finish(config);
  const auto epochs = all<EpochEvent>(events_);
  ASSERT_EQ(epochs.size(), 5U);
  for (const auto& [metrics] : epochs) {
    const bool evaluated = metrics.epoch == 2 || metrics.epoch == 4 || metrics.epoch == 5;
    EXPECT_EQ(metrics.values[Metric::top1].has_value(), evaluated) << metrics.epoch;
    EXPECT_EQ(metrics.values[Metric::top5].has_value(), evaluated);
    EXPECT_EQ(metrics.values[Metric::evaluation_seconds].has_value(), evaluated);
  }
  EXPECT_EQ(finished.result.values[Metric::top1], epochs[4].metrics.values[Metric::top1]);
}

TEST_F(Recipe, TheNormOfTheGradientsIsThatBeforeClipping) {
  const auto norm_with = [&](double clip, Optimizer optimizer) {
    auto config = tiny_config();
    config.training.epochs = 1;
    config.dataset.train_limit = config.training.batch_size;  // one step, from the initial weights
    config.training.clip_grad_norm = clip;
    config.training.optimizer = optimizer;
    events_.clear();
    finish(config);
    return *all<EpochEvent>(events_).at(0).metrics.values[Metric::gradient_norm];
  };
  const double norm = norm_with(0, Optimizer::adamw);
  EXPECT_GT(norm, 0);
  for (const auto optimizer : {Optimizer::adamw, Optimizer::sgd})
    for (const double clip : {0.0, norm / 10}) EXPECT_DOUBLE_EQ(norm_with(clip, optimizer), norm);
}

TEST_F(Recipe, SecondsOfAnEpochAreSplitIntoItsPhases) {
  finish(tiny_config());
  for (const auto& [metrics] : all<EpochEvent>(events_)) {
    const double sum = *metrics.values[Metric::data_seconds] + *metrics.values[Metric::forward_seconds] +
                       *metrics.values[Metric::backward_seconds] + *metrics.values[Metric::step_seconds] +
                       *metrics.values[Metric::evaluation_seconds];
    EXPECT_LE(sum, metrics.values[Metric::seconds]);
    for (const auto& phase : {metrics.values[Metric::data_seconds], metrics.values[Metric::forward_seconds],
                              metrics.values[Metric::backward_seconds], metrics.values[Metric::step_seconds],
                              metrics.values[Metric::evaluation_seconds]})
      EXPECT_GT(*phase, 0);
  }
}

TEST_F(Recipe, KeepsTheFirstOfTheBestEpochs) {
  auto config = tiny_config();
  config.training.epochs = 8;
  config.training.keep = Keep::best;
  config.training.lr = 0.05;
  const auto finished = finish(config);
  const auto epochs = all<EpochEvent>(events_);
  const auto best = std::max_element(epochs.begin(), epochs.end(), [](const auto& a, const auto& b) {
    return *a.metrics.values[Metric::top1] < *b.metrics.values[Metric::top1];
  });
  EXPECT_EQ(finished.result.values[Metric::top1], *best->metrics.values[Metric::top1]);
  EXPECT_EQ(finished.result.values[Metric::top5], *best->metrics.values[Metric::top5]);
  const auto accuracy = accuracy_of_model(config);
  EXPECT_EQ(accuracy.top1, finished.result.values[Metric::top1]);
  EXPECT_EQ(accuracy.top5, finished.result.values[Metric::top5]);
}

TEST_F(Recipe, ModelAndAccuracyAreThoseOfTheAveragedWeights) {
  auto config = tiny_config();
  config.training.epochs = 6;
  const auto plain = finish(config);
  const auto plain_model = read_bytes(command_.outputs[ArtifactKind::model]);
  config.training.ema = 0.9;
  for (const auto keep : {Keep::last, Keep::best}) {
    config.training.keep = keep;
    const auto finished = finish(config);
    EXPECT_NE(read_bytes(command_.outputs[ArtifactKind::model]), plain_model);
    EXPECT_EQ(accuracy_of_model(config).top1, finished.result.values[Metric::top1]);
  }
}

TEST_F(Recipe, LabelNoiseChangesTrainingAndNotEvaluation) {
  auto config = tiny_config();
  config.training.epochs = 12;
  config.training.label_noise = 1;
  EXPECT_LT(finish(config).result.values[Metric::top1],
            40);  // 10 by chance, above 60 with the labels as they are
  config.training.label_noise = 0;
  EXPECT_GT(finish(config).result.values[Metric::top1], 60);
}

}  // namespace
}  // namespace spin
