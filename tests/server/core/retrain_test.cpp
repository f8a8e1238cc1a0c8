// Jobs that are done and trained anew, because their data are others now.
#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

const DataState kOld{"old", "12 images"};
const DataState kNew{"new", "14 images"};

AttemptFinished result_on(const DataState& state) {
  AttemptFinished finished;
  finished.result.values.set(Metric::top1, 50);
  finished.result.data = state;
  finished.outputs = {{artifact_id("model of " + state.fingerprint), ArtifactKind::model, 1}};
  return finished;
}

/// Hands the plan in with those jobs to be trained anew. How many of them were done.
std::int64_t retrain(Harness& harness, const PlanOf& plan, const std::vector<std::string>& labels) {
  auto jobs = std::make_shared<RetrainJobs>();
  for (const auto& label : labels) jobs->jobs.insert(id_of(label));
  SweepSubmitted event{77, plan.plan(), "", {}, 0, true};
  event.retrain = jobs;
  event.data = {{"mnist", kNew}};
  const auto accepted = all_of<SubmitAccepted>(harness.send(event));
  EXPECT_EQ(accepted.size(), 1U);
  return accepted.empty() ? -1 : accepted[0].retrained;
}

void train_one(Harness& harness, const DataState& state = kOld) {
  harness.report(harness.lease_to("w" + std::to_string(harness.store.attempts().size())), result_on(state));
}

TEST(Retrain, AJobBeginsAnewAndItsResultIsKeptApart) {
  Harness harness;
  const PlanOf plan = PlanOf("s").job("a").job("b").data_in("/data");
  harness.submit(plan);
  train_one(harness);
  train_one(harness);
  EXPECT_EQ(retrain(harness, plan, {"a"}), 1);
  EXPECT_EQ(harness.state("a"), JobState::ready);
  EXPECT_EQ(harness.state("b"), JobState::completed);
  const auto& row = harness.store.job(harness.key("a"));
  EXPECT_FALSE(row.result);
  EXPECT_TRUE(row.job.artifacts.empty());
  ASSERT_EQ(row.superseded.size(), 1U);
  EXPECT_EQ(row.superseded[0].data, kOld);
  train_one(harness, kNew);
  EXPECT_EQ(harness.store.job(harness.key("a")).result->data, kNew);
}

TEST(Retrain, OfALiveSweepItIsTheSameSweep) {
  Harness harness;
  const PlanOf plan = PlanOf("s").job("a").job("b").data_in("/data");
  const SweepId sweep = harness.submit(plan);
  train_one(harness);
  EXPECT_EQ(retrain(harness, plan, {"a"}), 1);
  EXPECT_EQ(harness.store.sweeps().size(), 1U);
  EXPECT_EQ(harness.status(sweep).counts, (StateCounts{.ready = 2}));
}

TEST(Retrain, WhatDependsOnItIsTrainedAnewToo) {
  Harness harness;
  const PlanOf plan =
      PlanOf("s").job("base").job("done", {"base"}).job("last", {"done"}).job("to go", {"base"});
  harness.submit(plan);
  train_one(harness);
  train_one(harness);
  train_one(harness);
  ASSERT_EQ(harness.state("done"), JobState::completed);
  const auto lease = harness.lease_to("busy");
  retrain(harness, plan, {"base"});
  EXPECT_EQ(harness.state("base"), JobState::ready);
  for (const char* label : {"done", "last", "to go"})
    EXPECT_EQ(harness.state(label), JobState::waiting) << label;
  EXPECT_FALSE(all_of<StopAttempt>(harness.last).empty() && lease.job == harness.key("to go"));
  harness.restart();
  for (int i = 0; i < 4; ++i) train_one(harness, kNew);
  EXPECT_EQ(harness.state("last"), JobState::completed);
  EXPECT_EQ(harness.state("to go"), JobState::completed);
}

TEST(Retrain, ANetworkThatADivergedOneBlockedWaitsForIt) {
  Harness harness;
  const PlanOf plan = PlanOf("s").job("base").job("fused", {"base"});
  harness.submit(plan);
  harness.finish(harness.lease_to("w"), Outcome::diverged);
  ASSERT_EQ(harness.state("fused"), JobState::blocked);
  EXPECT_EQ(retrain(harness, plan, {"base"}), 1);
  EXPECT_EQ(harness.state("fused"), JobState::waiting);
}

TEST(Retrain, AResultOfAnEarlierAttemptIsNotTakenAgain) {
  Harness harness;
  const PlanOf plan = PlanOf("s").job("a");
  harness.submit(plan);
  auto lease = harness.lease_to("w");
  harness.report(lease, result_on(kOld), 3);
  retrain(harness, plan, {"a"});
  for (const bool restarts : {false, true}) {
    if (restarts) {
      harness.restart();
      lease.session = harness.attach("w");
    }
    EXPECT_FALSE(all_of<ReportAck>(harness.report(lease, result_on(kOld), 3)).empty());
    EXPECT_EQ(harness.state("a"), JobState::ready) << "its acknowledgement was lost";
  }
}

TEST(Retrain, ADoneJobOfAnotherSweepKeepsWhatItFoundFromTheModelThatWas) {
  Harness harness;
  harness.submit(PlanOf("one").job("base").job("fused", {"base"}));
  train_one(harness);
  train_one(harness);
  EXPECT_EQ(retrain(harness, PlanOf("two").job("base"), {"base"}), 1);
  EXPECT_EQ(harness.state("fused"), JobState::completed);
  train_one(harness, kNew);
  EXPECT_EQ(harness.state("fused"), JobState::completed);
}

TEST(Retrain, WithoutAWordResultsCount) {
  Harness harness;
  const PlanOf plan = PlanOf("s").job("a");
  harness.submit(plan);
  train_one(harness);
  harness.submit(plan);
  EXPECT_EQ(harness.state("a"), JobState::completed);
}

TEST(Data, AJobThatIsTrainedOnOthersThanBeforeSaysSo) {
  Harness harness;
  const PlanOf plan = PlanOf("s").job("a").job("b").job("c").data_in("/data");
  harness.submit(plan);
  train_one(harness, kOld);
  const auto log_of = [&](const std::string& label) { return harness.store.job(harness.key(label)).log; };
  EXPECT_TRUE(log_of("a").empty());
  auto lease = harness.lease_to("v");
  harness.report(lease, AttemptStarted{kNew});
  ASSERT_EQ(log_of("b").size(), 1U);
  EXPECT_EQ(
      log_of("b")[0].find("WARNING: OTHER DATA: mnist is here 14 images (new), and other jobs were trained "
                          "when it was 12 images (old)"),
      0U)
      << log_of("b")[0];
  harness.report(lease, result_on(kNew));
  harness.restart();
  EXPECT_EQ(retrain(harness, plan, {"a"}), 1);
  for (int i = 0; i < 2; ++i) {
    lease = harness.lease_to("u" + std::to_string(i));
    harness.report(lease, AttemptStarted{kNew});
  }
  EXPECT_TRUE(log_of("c").empty() && log_of("a").empty()) << "nothing rests on the old data any more";
}

}  // namespace
}  // namespace spin::core
