#include "server/app/followed_logs.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace spin {
namespace {

using Keys = std::vector<core::JobKey>;

core::Change line_of(std::int64_t job) { return core::AppendLog{{job}, {"a line"}}; }

TEST(FollowedLogs, OnlyChangesOfAFollowedJobCount) {
  FollowedLogs logs;
  EXPECT_EQ(logs.among({line_of(1)}), Keys()) << "nobody follows";
  const auto one = logs.add({1}), two = logs.add({2});
  EXPECT_EQ(logs.among({line_of(1), line_of(3)}), (Keys{{1}}));
  EXPECT_EQ(logs.among({core::SetJobState{.job = {2}, .state = JobState::failed, .reason = {}}}),
            (Keys{{2}}));
  EXPECT_EQ(logs.among({core::UpsertWorker{}}), Keys());
  EXPECT_EQ(logs.among({core::SetSweepState{.id = {7}, .cancelled = true}, core::ExtendSweep{}}), Keys())
      << "what it makes of a job stands in a change of that job";
  EXPECT_EQ(logs.among({core::DeleteJobs{.sweep = {7}, .left = 0, .jobs = {{5}, {2}}}}), (Keys{{2}}));
  logs.remove(one);
  EXPECT_EQ(logs.among({line_of(1)}), Keys());
  logs.remove(two);
}

TEST(FollowedLogs, WakesTheFollowersOfThatJobAlone) {
  FollowedLogs logs;
  const auto one = logs.add({1}), again = logs.add({1}), two = logs.add({2});
  int woken_of_one = 0, woken_of_two = 0;
  logs.when_changed(*one, 0, [&] { ++woken_of_one; });
  logs.when_changed(*again, 0, [&] { ++woken_of_one; });
  logs.when_changed(*two, 0, [&] { ++woken_of_two; });
  logs.committed({{1}, {3}});
  EXPECT_EQ(woken_of_one, 2);
  EXPECT_EQ(woken_of_two, 0);
  logs.committed({{1}});
  EXPECT_EQ(woken_of_one, 2) << "each question is answered once";
}

TEST(FollowedLogs, WhatBecameDurableWhileSomebodyReadIsNotMissed) {
  FollowedLogs logs;
  const auto follower = logs.add({1});
  logs.committed({{1}});
  bool woken = false;
  logs.when_changed(*follower, 0, [&] { woken = true; });
  EXPECT_TRUE(woken);
}

TEST(FollowedLogs, NothingIsKeptOfAFollowerThatWent) {
  FollowedLogs logs;
  const auto goes = logs.add({1}), stays = logs.add({1}), other = logs.add({2});
  const auto kept = std::make_shared<int>();
  int woken = 0;
  for (const auto& follower : {goes, other}) logs.when_changed(*follower, 0, [kept] { FAIL(); });
  logs.when_changed(*stays, 0, [&woken] { ++woken; });
  logs.remove(goes);
  EXPECT_EQ(kept.use_count(), 2) << "of the one who went";
  logs.when_changed(*goes, 0, [kept] { FAIL(); });
  EXPECT_EQ(kept.use_count(), 2) << "of its read that was under way";
  logs.committed({{1}});
  EXPECT_EQ(woken, 1);
  logs.stop();
  EXPECT_EQ(kept.use_count(), 1) << "of all";
}

}  // namespace
}  // namespace spin
