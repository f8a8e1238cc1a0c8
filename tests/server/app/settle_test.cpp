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

// The real spind, and a sweep of several pieces.

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
  std::int64_t steer(const Set& set) {
    v1::SteerRequest request;
    request.set_target("large");
    set(request);
    v1::SteerResponse response;
    People people(address());
    const auto status =
        people.call([&](auto* context) { return people.stub().Steer(context, request, &response); });
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.jobs();
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

}  // namespace
}  // namespace spin
