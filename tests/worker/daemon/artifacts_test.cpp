#include <gtest/gtest.h>

#include "schema/base/sha256.h"
#include "tests/worker/daemon/worker.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

std::string model_of(Fleet& fleet, const AttemptToken& job) {
  if (!fleet.finishes(job)) return "(no result) " + fleet.worker_log();
  const auto result = fleet.coordinator.results_of(job)[0];
  return result.outputs.empty() ? "(no model)" : fleet.coordinator.artifact(result.outputs[0].id);
}

TEST(Artifacts, InputsReachTheTrainerAndAreFetchedOnce) {
  Fleet fleet;
  fleet.start_worker();
  const auto init = fleet.coordinator.put_artifact("unshared");
  const auto resume = fleet.coordinator.put_artifact("half way", ArtifactKind::checkpoint);
  const char* config = R"({"do":"finish","model":"m"})";
  EXPECT_EQ(model_of(fleet, fleet.coordinator.add_job(config, init, resume)), "m<unshared>[half way]");
  EXPECT_EQ(fleet.coordinator.downloads(), 2);
  EXPECT_EQ(model_of(fleet, fleet.coordinator.add_job(config, init)), "m<unshared>");
  EXPECT_EQ(fleet.coordinator.downloads(), 2) << "the second time it comes from the cache";
}

TEST(Artifacts, AModelTrainedHereNeedNotBeFetched) {
  Fleet fleet;
  fleet.start_worker();
  const auto first = fleet.coordinator.add_job(R"({"do":"finish","model":"base"})");
  ASSERT_TRUE(fleet.finishes(first)) << fleet.worker_log();
  const auto model = fleet.coordinator.results_of(first)[0].outputs.at(0);
  EXPECT_EQ(model_of(fleet, fleet.coordinator.add_job(R"({"do":"finish","model":"m"})", model)), "m<base>");
  EXPECT_EQ(fleet.coordinator.downloads(), 0);
}

TEST(Artifacts, WrongBytesAreFetchedOnceMore) {
  Fleet fleet;
  fleet.start_worker();
  const auto init = fleet.coordinator.put_artifact("unshared");
  fleet.coordinator.spoil(init.id, 1);
  EXPECT_EQ(model_of(fleet, fleet.coordinator.add_job(R"({"do":"finish","model":"m"})", init)),
            "m<unshared>");
  EXPECT_EQ(fleet.coordinator.downloads(), 2);
}

TEST(Artifacts, WrongBytesTwiceLoseTheInputAndNameBothHashes) {
  Fleet fleet;
  fleet.start_worker();
  const auto init = fleet.coordinator.put_artifact("unshared");
  fleet.coordinator.spoil(init.id, 2);
  const auto job = fleet.coordinator.add_job(R"({"do":"finish"})", init);
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  const auto failure = *fleet.coordinator.failure_of(job);
  EXPECT_EQ(failure.kind, FailureKind::input_lost);
  EXPECT_NE(failure.message.find(init.id.hex()), std::string::npos) << failure.message;
  EXPECT_NE(failure.message.find(to_hex(sha256("unsharee"))), std::string::npos) << failure.message;
  EXPECT_EQ(fleet.coordinator.downloads(), 2);
}

TEST(Artifacts, AnInputThatIsNotThereIsLost) {
  Fleet fleet;
  fleet.start_worker();
  const ArtifactRef missing{{sha256("never stored")}, ArtifactKind::model, 5};
  const auto job = fleet.coordinator.add_job(R"({"do":"finish"})", missing);
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::input_lost);
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fs::is_empty(fleet.state() / "artifacts"); }))
      << "of a download that was given up nothing is left";
}

TEST(Artifacts, AFullDiskAtTheCoordinatorMakesTheResultWait) {
  Fleet fleet;
  fleet.coordinator.fill_disk(2);
  fleet.start_worker();
  EXPECT_EQ(model_of(fleet, fleet.coordinator.add_job(R"({"do":"finish","model":"m"})")), "m");
  EXPECT_NE(fleet.worker_log().find("artifact folder /a is full"), std::string::npos) << fleet.worker_log();
}

TEST(Artifacts, ABrokenUploadGoesOnWhereItEnded) {
  Fleet fleet;
  fleet.coordinator.break_upload_after(1 << 20);
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"finish","model_bytes":3000000})");
  EXPECT_EQ(model_of(fleet, job), std::string(3'000'000, 'm'));
  const auto offsets = fleet.coordinator.upload_offsets();
  ASSERT_EQ(offsets.size(), 2U);
  EXPECT_EQ(offsets[0], 0);
  EXPECT_GE(offsets[1], 1 << 20);
}

TEST(Artifacts, CheckpointsAreStoredWhileTheJobTrains) {
  Fleet fleet;
  fleet.start_worker({"--checkpoint-seconds", "0"});
  // A checkpoint may lose the race against the end of its short job, so the wait is for any of them.
  bool stored = false;
  for (int i = 0; i < 50 && !stored; ++i) {
    const auto job = fleet.coordinator.add_job(R"({"do":"finish","epochs":200})");
    ASSERT_TRUE(fleet.finishes(job)) << fleet.worker_log();
    for (const auto& kept : fleet.coordinator.reports()) {
      const auto* checkpoint = std::get_if<CheckpointStored>(&kept.report.body);
      if (checkpoint == nullptr) continue;
      stored = true;
      EXPECT_EQ(fleet.coordinator.artifact(checkpoint->artifact.id).rfind("checkpoint of epoch ", 0), 0U);
    }
  }
  EXPECT_TRUE(stored);
}

}  // namespace
}  // namespace spin
