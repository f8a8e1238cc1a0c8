#include "server/app/app.h"

#include <set>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "tests/server/app/fake_worker.h"
#include "tests/server/app/people.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace spin {
namespace {

using std::chrono::seconds;

class AppTest : public testing::Test {
 protected:
  void SetUp() override { start(); }

  void start() {
    auto app = App::start({.listen = {address()},
                           .tls = {},
                           .database = folder_ / "spind.db",
                           .artifacts = folder_ / "artifacts",
                           .settings = {}});
    ASSERT_TRUE(app.ok()) << app.error().message;
    app_ = std::move(*app);
  }
  void restart() {
    app_->stop();
    app_.reset();
    start();
  }
  [[nodiscard]] std::string address() const { return "unix:" + (folder_ / "s.sock").string(); }

  v1::StateCounts counts() {
    const auto sweeps = People(address()).sweeps("study");
    return sweeps.empty() ? v1::StateCounts() : sweeps[0].counts();
  }

  TempFolder folder_;
  std::unique_ptr<App> app_;
};

TEST_F(AppTest, WhoWatchesIsToldWhyNothingRuns) {
  People people(address());
  ASSERT_TRUE(people.submit(std::string(kSweep) + "requires: {labels: [a100]}\n").ok());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(60));
  v1::WatchRequest request;
  request.set_sweep("study");
  const auto reader = people.stub().Watch(&context, request);
  v1::SweepStatus status;
  ASSERT_TRUE(reader->Read(&status));
  EXPECT_EQ(status.hint(), "no worker is attached");
  FakeWorker worker(address());
  worker.welcome();
  while (status.hint() == "no worker is attached") ASSERT_TRUE(reader->Read(&status));
  EXPECT_NE(status.hint().find("no worker attached can take it: it needs"), std::string::npos)
      << status.hint();
  context.TryCancel();
}

TEST_F(AppTest, ASweepRunsToItsEnd) {
  People people(address());
  v1::Submitted submitted;
  const auto status = people.submit(kSweep, &submitted);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(submitted.name(), "study");
  EXPECT_EQ(submitted.jobs(), kSweepJobs);
  EXPECT_EQ(submitted.jobs_new(), kSweepJobs);

  FakeWorker worker(address());
  worker.welcome();
  grpc::Status watch_end;
  std::vector<v1::SweepStatus> seen;
  std::thread watcher([&] { seen = people.watch("study", &watch_end); });
  std::set<std::string> names;
  for (int i = 0; i < kSweepJobs; ++i) {
    worker.offer(1);
    const auto lease = worker.lease();
    ASSERT_TRUE(lease.has_value());
    EXPECT_NE(lease->config.find("\"network\""), std::string::npos);
    EXPECT_TRUE(names.insert(lease->name).second) << lease->name << " was leased twice";
    worker.finish(*lease);
  }
  watcher.join();
  EXPECT_TRUE(watch_end.ok()) << watch_end.error_message();
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().counts().completed(), kSweepJobs);

  const auto rows = people.jobs("study");
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(kSweepJobs));
  for (const auto& row : rows) {
    EXPECT_EQ(row.state(), v1::JOB_STATE_COMPLETED);
    EXPECT_EQ(row.top1(), 60);
    EXPECT_EQ(people.log("study/" + row.name(), true), std::vector<std::string>{"training " + row.name()});
  }
  v1::GetResultsRequest request;
  request.set_sweep("study");
  int results = 0;
  const auto listed = people.call([&](auto* context) {
    const auto reader = people.stub().GetResults(context, request);
    for (v1::ResultRow row; reader->Read(&row);) ++results;
    return reader->Finish();
  });
  ASSERT_TRUE(listed.ok()) << listed.error_message();
  EXPECT_EQ(results, kSweepJobs);
}

TEST_F(AppTest, AFusedJobStartsFromTheModelOfTheUnsharedOne) {
  ASSERT_TRUE(People(address()).submit(kSweep).ok());
  FakeWorker worker(address());
  worker.welcome();
  int with_init = 0;
  std::optional<ArtifactRef> init;
  for (int i = 0; i < kSweepJobs; ++i) {
    worker.offer(1);
    const auto lease = worker.lease();
    ASSERT_TRUE(lease.has_value());
    for (const auto& input : lease->inputs) {
      ++with_init;
      EXPECT_EQ(input.role, InputRole::init);
      init = input.artifact;
    }
    worker.finish(*lease);
  }
  EXPECT_EQ(with_init, 1);
  ASSERT_TRUE(init.has_value());
  EXPECT_EQ(init->kind, ArtifactKind::model);
  EXPECT_GT(init->bytes, 0);
}

TEST_F(AppTest, ARestartKeepsWhatWasAcknowledged) {
  ASSERT_TRUE(People(address()).submit(kSweep).ok());
  std::int64_t first_boot = 0;
  AttemptToken open;
  {
    FakeWorker worker(address());
    first_boot = worker.welcome().boot_epoch;
    worker.offer(3);
    for (int i = 0; i < 2; ++i) worker.finish(*worker.lease());
    open = worker.lease()->attempt;
    app_->stop();
    EXPECT_EQ(worker.status().error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  app_.reset();
  start();
  EXPECT_EQ(counts().completed(), 2);
  EXPECT_EQ(counts().running(), 1) << "the open attempt keeps its lease over the restart";
  FakeWorker worker(address(), "w1", std::string(kVersion), {open});
  EXPECT_GT(worker.welcome().boot_epoch, first_boot);
  EXPECT_EQ(counts().running(), 1);
  worker.offer(1);
  const auto next = worker.lease();
  ASSERT_TRUE(next.has_value());
  EXPECT_GT(next->attempt, open) << "tokens of a later boot are later";
  worker.finish(*next);
  EXPECT_EQ(counts().completed(), 3);
}

TEST_F(AppTest, ACleanStopLeavesTheDatabaseInOneFile) {
  ASSERT_TRUE(People(address()).submit(kSweep).ok());
  {
    FakeWorker worker(address());
    worker.welcome();
    worker.offer(1);
    worker.finish(*worker.lease());
    ASSERT_EQ(People(address()).jobs("study").size(), static_cast<std::size_t>(kSweepJobs));
    app_->stop();
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "spind.db-wal")) << "it would be mixed into a backup";
  std::filesystem::copy_file(folder_ / "spind.db", folder_ / "backup.db");
  app_.reset();
  std::filesystem::rename(folder_ / "backup.db", folder_ / "spind.db");
  start();
  EXPECT_EQ(counts().completed(), 1) << "the file alone holds everything";
}

TEST_F(AppTest, TheSameSweepSubmittedAgainAddsNoJobs) {
  People people(address());
  ASSERT_TRUE(people.submit(kSweep).ok());
  std::string other(kSweep);
  other.replace(other.find("study"), 5, "again");
  v1::Submitted response;
  ASSERT_TRUE(people.submit(other, &response).ok());
  EXPECT_EQ(response.jobs(), kSweepJobs);
  EXPECT_EQ(response.jobs_new(), 0);
  EXPECT_EQ(people.sweeps().size(), 2U);
}

TEST_F(AppTest, ABadSweepIsRefusedAndNothingIsStored) {
  People people(address());
  std::string bad(kSweep);
  bad.replace(bad.find("rate: 2"), 7, "rate: 9");
  const auto status = people.submit(bad);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("study.yaml:7"), std::string::npos) << status.error_message();
  EXPECT_TRUE(people.sweeps().empty());
  restart();
  EXPECT_TRUE(People(address()).sweeps().empty());
}

TEST_F(AppTest, CancellingStopsWhatRuns) {
  People people(address());
  ASSERT_TRUE(people.submit(kSweep).ok());
  FakeWorker worker(address());
  worker.welcome();
  worker.offer(1);
  const auto lease = worker.lease();
  ASSERT_TRUE(lease.has_value());
  std::int64_t cancelled = 0;
  ASSERT_TRUE(people.cancel("study", &cancelled).ok());
  EXPECT_EQ(cancelled, kSweepJobs);
  const auto stop = worker.stop();
  ASSERT_TRUE(stop.has_value());
  EXPECT_EQ(stop->attempt, lease->attempt);
  EXPECT_EQ(counts().cancelled(), kSweepJobs);
  grpc::Status end;
  EXPECT_EQ(people.watch("study", &end).size(), 1U) << "nothing can change: one status, then the end";
  EXPECT_TRUE(end.ok());
}

TEST_F(AppTest, OneJobCanBeCancelled) {
  People people(address());
  ASSERT_TRUE(people.submit(kSweep).ok());
  const auto rows = people.jobs("study");
  ASSERT_FALSE(rows.empty());
  std::int64_t cancelled = 0;
  ASSERT_TRUE(people.cancel("study/" + rows.back().name(), &cancelled).ok());
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(counts().cancelled(), 1);
}

TEST_F(AppTest, AWorkerOfAnotherVersionIsRefused) {
  FakeWorker worker(address(), "old", "0.0.1");
  const auto status = worker.status();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_NE(status.error_message().find("0.0.1"), std::string::npos);
  EXPECT_NE(status.error_message().find(std::string(kVersion)), std::string::npos);
  EXPECT_TRUE(People(address()).workers().empty());
}

TEST_F(AppTest, WorkersAreListedOnlineAndOffline) {
  People people(address());
  {
    FakeWorker worker(address(), "gpu-1");
    worker.welcome();
    const auto rows = people.workers();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].name(), "gpu-1");
    EXPECT_EQ(rows[0].state(), "online");
    EXPECT_TRUE(worker.leave().ok());
  }
  EXPECT_TRUE(eventually(seconds(30), [&] { return people.workers().at(0).state() == "offline"; }));
}

TEST_F(AppTest, RunningJobsAreShownWithNameAndProgress) {
  People people(address());
  ASSERT_TRUE(people.submit(kSweep).ok());
  FakeWorker worker(address());
  worker.welcome();
  worker.offer(1);
  const auto lease = worker.lease();
  ASSERT_TRUE(lease.has_value());
  worker.report(*lease, AttemptStarted{});
  worker.wait_for_acks();
  const auto sweeps = people.sweeps("study");
  ASSERT_EQ(sweeps.size(), 1U);
  ASSERT_EQ(sweeps[0].running_size(), 1);
  EXPECT_EQ(sweeps[0].running(0).name(), lease->name);
  EXPECT_EQ(sweeps[0].running(0).worker(), "w1");
}

TEST_F(AppTest, ASharedJobHasTheNameThatEachSweepGaveIt) {
  People people(address());
  const std::string body =
      "\ndataset: fashion-mnist\nnetwork: {family: convmixer, channels: 16, depth: 4, patch: 4, kernel: 3}\n";
  ASSERT_TRUE(people.submit("version: 1\nname: one" + body + "axes: {training.epochs: [1, 2]}\n").ok());
  ASSERT_TRUE(people.submit("version: 1\nname: two" + body + "training: {epochs: 1}\n").ok());
  FakeWorker worker(address());
  worker.welcome();
  worker.offer(2);
  ASSERT_TRUE(worker.lease().has_value());
  ASSERT_TRUE(worker.lease().has_value());
  const auto shared = people.jobs("two").at(0);
  const auto in_one = people.jobs("one").at(0);
  ASSERT_EQ(in_one.id(), shared.id());
  ASSERT_NE(in_one.name(), shared.name());
  const auto one = people.sweeps("one").at(0), two = people.sweeps("two").at(0);
  ASSERT_EQ(one.running_size(), 2);
  ASSERT_EQ(two.running_size(), 1);
  EXPECT_EQ(two.running(0).name(), shared.name());
  EXPECT_EQ(one.running(0).name(), in_one.name());
  for (const auto& [sweep, name] : {std::pair("one", in_one.name()), std::pair("two", shared.name())}) {
    v1::GetJobRequest request;
    request.set_job(std::string(sweep) + "/" + name);
    v1::JobDetail detail;
    ASSERT_TRUE(people.call([&](auto* c) { return people.stub().GetJob(c, request, &detail); }).ok());
    EXPECT_EQ(detail.row().name(), name);
  }
}

TEST_F(AppTest, ALiveWorkerWasSeenJustNowHoweverLongItIsAttached) {
  FakeWorker worker(address());
  worker.welcome();
  const auto before = std::chrono::system_clock::now();
  worker.offer(0);
  const auto seen_ms = [&] { return People(address()).workers().at(0).last_seen_ms(); };
  const auto before_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(before.time_since_epoch()).count();
  EXPECT_TRUE(eventually(seconds(30), [&] { return seen_ms() >= before_ms; }));
}

TEST_F(AppTest, WhatIsNotThereIsNotFound) {
  People people(address());
  grpc::Status end;
  people.watch("nope", &end);
  EXPECT_EQ(end.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(people.cancel("nope").error_code(), grpc::StatusCode::NOT_FOUND);
  ASSERT_TRUE(people.submit(kSweep).ok());
  const auto no_such_job = people.cancel("study/nope");
  EXPECT_EQ(no_such_job.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_NE(no_such_job.error_message().find("sweep study has no job 'nope'"), std::string::npos)
      << no_such_job.error_message();
  v1::GetJobRequest request;
  request.set_job("deadbeef");
  v1::JobDetail detail;
  EXPECT_EQ(people.call([&](auto* c) { return people.stub().GetJob(c, request, &detail); }).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(AppTest, MetricsCountWhatHappened) {
  ASSERT_TRUE(People(address()).submit(kSweep).ok());
  FakeWorker worker(address());
  worker.welcome();
  worker.offer(1);
  worker.finish(*worker.lease());
  const auto text = app_->metrics();
  ASSERT_TRUE(text.ok());
  for (const std::string line :
       {"spin_leases_total 1\n", "spin_results_total 1\n", "spin_epochs_total 1\n",
        "spin_jobs{state=\"completed\"} 1\n", "spin_workers{state=\"online\"} 1\n",
        "spin_workers{state=\"quarantined\"} 0\n", "spin_defects_total 0\n", "spin_calls_cut_off_total 0\n"})
    EXPECT_NE(text->find(line), std::string::npos) << line << *text;
  EXPECT_EQ(text->find("spin_commit_seconds_count 0\n"), std::string::npos);
}

TEST_F(AppTest, ASecondAppOnTheSameDatabaseIsRefused) {
  const auto second = App::start({.listen = {"unix:" + (folder_ / "other.sock").string()},
                                  .tls = {},
                                  .database = folder_ / "spind.db",
                                  .artifacts = folder_ / "artifacts",
                                  .settings = {}});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
  ASSERT_TRUE(People(address()).submit(kSweep).ok()) << "the first one goes on";
}

}  // namespace
}  // namespace spin
