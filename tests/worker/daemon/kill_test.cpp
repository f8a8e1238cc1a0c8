#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "schema/base/file.h"
#include "tests/worker/daemon/worker.h"

// SIGKILL of the worker at each point of a job's life, told by what can be seen from outside. The next worker
// delivers what the outbox holds; what it does not know runs again; nothing of the dead one is left.

namespace spin {
namespace {

namespace fs = std::filesystem;

struct Point {
  const char* name;
  const char* job;  ///< GATE stands for a file that is there once the worker has been killed
  std::function<void(Fleet&)> before;
  std::function<bool(Fleet&, const AttemptToken&)> reached;
  bool from_checkpoint = false;  ///< the job is leased with one
};

constexpr int kAlways = 1'000'000;
const char* const kFinishes = R"({"do":"finish","model":"weights"})";
const char* const kTrains = R"({"do":"wait","model":"weights","file":"GATE"})";

void nothing(Fleet&) {}
void full(Fleet& fleet) { fleet.coordinator.fill_disk(kAlways); }
void silent(Fleet& fleet) { fleet.coordinator.acknowledge(false); }

/// Says it once the job has started.
std::function<bool(Fleet&, const AttemptToken&)> after_stop(
    bool keep, std::function<bool(Fleet&, const AttemptToken&)> then) {
  return [keep, then = std::move(then), said = false](Fleet& fleet, const AttemptToken& job) mutable {
    if (!fleet.coordinator.has_started(job)) return false;
    if (!std::exchange(said, true)) fleet.coordinator.send(StopAttempt{job, "from above", keep});
    return then(fleet, job);
  };
}

bool log_says(const Fleet& fleet, const std::string& text) {
  return fleet.worker_log().find(text) != std::string::npos;
}
bool is_stopping(Fleet& fleet, const AttemptToken&) { return log_says(fleet, "stopped: from above"); }
bool is_uploading(Fleet& fleet, const AttemptToken&) { return !fleet.coordinator.upload_offsets().empty(); }
bool has_failed(Fleet& fleet, const AttemptToken& job) {
  return fleet.coordinator.failure_of(job).has_value();
}
bool has_result(Fleet& fleet, const AttemptToken& job) { return !fleet.coordinator.results_of(job).empty(); }

std::vector<Point> points() {
  return {
      {"Attached", kTrains, nothing, [](Fleet& fleet, auto&) { return !fleet.coordinator.hellos().empty(); }},
      {"FetchingAnInput", kTrains, nothing,
       [](Fleet& fleet, auto&) { return fleet.coordinator.downloads() > 0; }, true},
      {"TrainerStarting", kTrains, nothing,
       [](Fleet& fleet, auto&) { return !fleet.processes("fake_trainer").empty(); }},
      {"Training", kTrains, nothing,
       [](Fleet& fleet, auto& job) { return fleet.coordinator.has_started(job); }},
      {"AnEpochReported", kFinishes, silent,
       [](Fleet& fleet, auto&) { return !fleet.coordinator.reports().empty(); }},
      {"SalvagingACheckpoint", R"({"do":"crash","checkpoints":2})", full, is_uploading},
      {"AModelKept", kFinishes, full,
       [](Fleet& fleet, auto&) { return fs::exists(fleet.state() / "kept" / "1-1.model"); }},
      {"AModelUploading", kFinishes, full,
       [](Fleet& fleet, auto&) { return log_says(fleet, "upload of a result waits"); }},
      {"AResultReported", kFinishes, silent, has_result},
      {"AResultAcknowledged", kFinishes, nothing, has_result},
      {"Cancelling", R"({"do":"hang"})", nothing, after_stop(false, is_stopping)},
      {"Pausing", R"({"do":"hang","checkpoints":1})", nothing, after_stop(true, is_stopping)},
      {"APausedCheckpointUploading", kTrains, full, after_stop(true, is_uploading)},
      {"APauseReported", kTrains, silent, after_stop(true, has_failed)},
      {"Stopping", R"({"do":"hang"})", nothing,
       [told = false](Fleet& fleet, auto& job) mutable {
         if (!fleet.coordinator.has_started(job)) return false;
         if (!std::exchange(told, true)) fleet.worker().signal(SIGTERM);
         return fleet.coordinator.is_draining();
       }},
  };
}

class Kill : public testing::TestWithParam<std::size_t> {};

TEST_P(Kill, AtThisPointLosesNothing) {
  const Point point = points()[GetParam()];
  Fleet fleet;
  const std::string gate = (fleet.folder / "gate").string();
  std::string config = point.job;
  if (const auto at = config.find("GATE"); at != std::string::npos) config.replace(at, 4, gate);
  std::optional<ArtifactRef> resume;
  if (point.from_checkpoint)
    resume = fleet.coordinator.put_artifact(std::string(20'000'000, 'c'), ArtifactKind::checkpoint);
  point.before(fleet);
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(config, {}, resume);
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return point.reached(fleet, job); })) << fleet.worker_log();
  fleet.worker().signal(SIGKILL);
  ASSERT_EQ(fleet.worker().wait(Fleet::kDeadline), 128 + SIGKILL);
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes().empty(); })) << "an orphan";

  std::ofstream(gate).put('x');
  fleet.coordinator.acknowledge(true);
  fleet.coordinator.fill_disk(0);
  const auto hellos = fleet.coordinator.hellos().size();
  fleet.start_worker();
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.coordinator.hellos().size() > hellos; }));
  const auto held = fleet.coordinator.hellos().back().held;
  if (std::any_of(held.begin(), held.end(), [&](const auto& one) { return one.attempt == job; })) {
    EXPECT_TRUE(eventually(Fleet::kDeadline, [&] {
      return has_result(fleet, job) || has_failed(fleet, job);
    })) << fleet.worker_log();
  }
  for (const auto& result : fleet.coordinator.results_of(job)) {
    ASSERT_EQ(result.outputs.size(), 1U);
    EXPECT_EQ(fleet.coordinator.artifact(result.outputs[0].id), "weights");
  }
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(kFinishes))) << fleet.worker_log();
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] {
    return fs::file_size(fleet.state() / "outbox") == 0 && fs::is_empty(fleet.state() / "scratch") &&
           fs::is_empty(fleet.state() / "spool") && fs::is_empty(fleet.state() / "kept");
  })) << fleet.worker_log();
}

INSTANTIATE_TEST_SUITE_P(Worker, Kill, testing::Range(std::size_t{0}, points().size()),
                         [](const auto& test) { return points()[test.param].name; });

TEST(DamagedOutbox, CostsWhatIsDamagedAndSaysSo) {
  Fleet fleet;
  fleet.coordinator.acknowledge(false);
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(kFinishes);
  ASSERT_TRUE(fleet.finishes(job)) << fleet.worker_log();
  fleet.worker().signal(SIGKILL);
  ASSERT_EQ(fleet.worker().wait(Fleet::kDeadline), 128 + SIGKILL);
  std::string bytes = *read_file(fleet.state() / "outbox", 1 << 20);
  bytes[bytes.size() - 9] = static_cast<char>(bytes[bytes.size() - 9] ^ 4);  // in the result
  std::ofstream(fleet.state() / "outbox", std::ios::binary) << bytes;

  fleet.coordinator.acknowledge(true);
  fleet.start_worker();
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::refused) << "the job runs again";
  EXPECT_EQ(fleet.coordinator.results_of(job).size(), 1U) << "that of the first worker";
  EXPECT_NE(fleet.worker_log().find("outbox: a damaged record at byte"), std::string::npos);
  EXPECT_EQ(*read_file(fleet.state() / "outbox.damaged-1", 1 << 20), bytes);
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(kFinishes))) << fleet.worker_log();
}

}  // namespace
}  // namespace spin
