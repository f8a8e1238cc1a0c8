#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

ArtifactRef checkpoint(int epoch) {
  return {artifact_id("epoch" + std::to_string(epoch)), ArtifactKind::checkpoint, 10};
}

/// Three epochs, of which the second is the most accurate; then the result.
void train(Harness& harness) {
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  const std::vector<double> accuracies = {50, 80, 70};
  for (int epoch = 1; epoch <= 3; ++epoch) {
    EpochFinished finished;
    finished.metrics.epoch = epoch;
    finished.metrics.values.set(Metric::top1, accuracies[static_cast<std::size_t>(epoch - 1)]);
    harness.report(lease, finished);
    harness.report(lease, CheckpointStored{checkpoint(epoch), epoch});
  }
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint), checkpoint(3));
  harness.finish(lease);
}

CoordinatorSettings settings(Retention retention) {
  CoordinatorSettings settings;
  settings.retention = retention;
  return settings;
}

TEST(RetentionTest, ByDefaultAJobWithAResultNeedsNoCheckpoint) {
  Harness harness;
  train(harness);
  EXPECT_FALSE(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint).has_value());
  EXPECT_FALSE(artifact_in(harness.stored("a").artifacts, ArtifactKind::best).has_value());
  EXPECT_TRUE(artifact_in(harness.stored("a").artifacts, ArtifactKind::model).has_value());
}

TEST(RetentionTest, TheLastOneIsKept) {
  Harness harness(settings(Retention::last));
  train(harness);
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint), checkpoint(3));
  EXPECT_FALSE(artifact_in(harness.stored("a").artifacts, ArtifactKind::best).has_value());
}

TEST(RetentionTest, TheBestOneIsKeptBeside) {
  Harness harness(settings(Retention::best));
  train(harness);
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint), checkpoint(3));
  ASSERT_TRUE(artifact_in(harness.stored("a").artifacts, ArtifactKind::best).has_value());
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::best)->id, checkpoint(2).id);
}

TEST(RetentionTest, WhatWasTheBestIsKnownAfterARestart) {
  Harness harness(settings(Retention::best));
  harness.submit(PlanOf("s").job("a"));
  SendLease lease = harness.lease_to("w");
  const auto epoch = [&](int number, double top1) {
    EpochFinished finished;
    finished.metrics.epoch = number;
    finished.metrics.values.set(Metric::top1, top1);
    harness.report(lease, finished);
    harness.report(lease, CheckpointStored{checkpoint(number), number});
  };
  epoch(1, 80);
  harness.restart();
  WorkerHello hello = Harness::hello("w");
  hello.held = Harness::on_cpu({lease.attempt});
  lease.session = harness.attach(hello);
  epoch(2, 70);
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::best)->id, checkpoint(1).id);
  epoch(3, 90);
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::best)->id, checkpoint(3).id);
}

}  // namespace
}  // namespace spin::core
