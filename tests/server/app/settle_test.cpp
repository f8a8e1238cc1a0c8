#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/app/fake_worker.h"
#include "tests/server/app/number_list.h"
#include "tests/server/app/people.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

// The real spind, and a sweep of several parts.

namespace spin {
namespace {

constexpr std::chrono::seconds kSettleLimit{120};
constexpr int kLargeSweepJobs = 6'000;

std::string large_sweep() {
  return "version: 1\nname: large\ndataset: fashion-mnist\n"
         "network: {family: convmixer, channels: 8, depth: 4, patch: 4, kernel: 3}\n"
         "training: {epochs: 1}\naxes:\n  training.lr: " +
         number_list(60, ".0e-4") + "\n  training.weight_decay: " + number_list(100, ".0e-5") + "\n";
}

class SettleTest : public testing::Test {
 protected:
  /// Kills the one that runs.
  void start() {
    spind_.reset();
    spind_ =
        std::make_unique<Process>(std::vector<std::string>{program("spind"), "--listen", address(), "--db",
                                                           (folder_ / "spind.db").string()},
                                  folder_ / ("log" + std::to_string(++starts_)), folder_.path().string());
    EXPECT_TRUE(eventually(kSettleLimit, [&] {
      return spind_->output().find("listening on") != std::string::npos;
    })) << spind_->output();
  }
  [[nodiscard]] std::string address() const { return "unix:" + (folder_ / "s.sock").string(); }
  template <class Set>
  grpc::Status try_to_steer(const Set& set, std::int64_t* jobs, const std::string& target = "large") {
    v1::SteerRequest request;
    request.set_target(target);
    set(request);
    v1::SteerResponse response;
    People people(address());
    const auto status =
        people.call([&](auto* context) { return people.stub().Steer(context, request, &response); });
    *jobs = response.jobs();
    return status;
  }
  template <class Set>
  std::int64_t steer(const Set& set, const std::string& target = "large") {
    std::int64_t jobs = 0;
    const auto status = try_to_steer(set, &jobs, target);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return jobs;
  }
  /// Rows of jobs, those of a sweep that nobody is shown any more included; -1 where nobody answers.
  std::int64_t stored_jobs() {
    v1::QueryRequest request;
    request.set_sql("SELECT count(*) FROM job");
    std::int64_t count = -1;
    People people(address());
    people.call([&](auto* context) {
      const auto reader = people.stub().Query(context, request);
      for (v1::QueryRows rows; reader->Read(&rows);)
        if (rows.rows_size() == 1) count = rows.rows(0).values(0).integer();
      return reader->Finish();
    });
    return count;
  }
  v1::StateCounts counts() {
    const auto sweeps = People(address()).sweeps("large");
    return sweeps.empty() ? v1::StateCounts() : sweeps[0].counts();
  }

  TempFolder folder_;
  std::unique_ptr<Process> spind_;
  int starts_ = 0;
};

TEST_F(SettleTest, WhatWasAskedOfManyJobsGoesOnAfterAKillInItsMiddle) {
  start();
  ASSERT_TRUE(People(address()).submit(large_sweep()).ok());
  EXPECT_EQ(steer([](auto& request) { request.mutable_pause(); }), kLargeSweepJobs);
  start();
  {
    FakeWorker worker(address());
    worker.welcome();
    worker.offer(1);
    EXPECT_TRUE(eventually(kSettleLimit, [&] { return counts().paused() == kLargeSweepJobs; }));
  }
  EXPECT_EQ(counts().running(), 0);
  for (const auto& row : People(address()).jobs("large"))
    ASSERT_EQ(row.attempts(), 0) << row.name() << " started after the answer";
  EXPECT_EQ(steer([](auto& request) { request.mutable_resume(); }), kLargeSweepJobs);
  start();
  EXPECT_TRUE(eventually(kSettleLimit, [&] { return counts().ready() == kLargeSweepJobs; }));
  EXPECT_EQ(steer([](auto& request) { request.mutable_cancel(); }), kLargeSweepJobs);
  start();
  EXPECT_TRUE(eventually(kSettleLimit, [&] { return counts().cancelled() == kLargeSweepJobs; }));
}

TEST_F(SettleTest, AJobThatIsPausedWhileTheResumeIsOnItsWayStaysSoAfterAKill) {
  start();
  ASSERT_TRUE(People(address()).submit(large_sweep()).ok());
  steer([](auto& request) { request.mutable_pause(); });
  EXPECT_TRUE(eventually(kSettleLimit, [&] { return counts().paused() == kLargeSweepJobs; }));
  const auto rows = People(address()).jobs("large");
  ASSERT_EQ(rows.size(), kLargeSweepJobs);
  steer([](auto& request) { request.mutable_resume(); });
  EXPECT_EQ(steer([](auto& request) { request.mutable_pause(); }, "large/" + rows.back().name()), 1);
  start();
  EXPECT_TRUE(eventually(kSettleLimit, [&] { return counts().ready() == kLargeSweepJobs - 1; }));
  EXPECT_EQ(counts().paused(), 1);
}

TEST_F(SettleTest, ADeletionGoesOnAfterAKillInItsMiddle) {
  start();
  ASSERT_TRUE(People(address()).submit(large_sweep()).ok());
  steer([](auto& request) { request.mutable_cancel(); });
  std::int64_t deleted = 0;
  EXPECT_TRUE(eventually(kSettleLimit, [&] {  // once the cancel is through
    return try_to_steer([](auto& request) { request.mutable_deletion(); }, &deleted).ok();
  }));
  EXPECT_EQ(deleted, kLargeSweepJobs);
  start();
  EXPECT_TRUE(People(address()).sweeps().empty());
  EXPECT_TRUE(eventually(kSettleLimit, [&] { return stored_jobs() == 0; }));
  v1::Submitted again;
  ASSERT_TRUE(People(address()).submit(large_sweep(), &again).ok());
  EXPECT_EQ(again.jobs_new(), kLargeSweepJobs);
}

}  // namespace
}  // namespace spin
