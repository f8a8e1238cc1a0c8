#include "server/app/followed_logs.h"

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
  EXPECT_EQ(logs.among({core::SetJobState{.job = {2}, .state = JobState::failed, .reason = {}}}), (Keys{{2}}));
  EXPECT_EQ(logs.among({core::UpsertWorker{}}), Keys());
  EXPECT_EQ(logs.among({core::SetSweepState{.id = {7}, .withdrawn = true}}), (Keys{{1}, {2}}))
      << "it may have ended any of them";
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
  const auto job = logs.add({1});
  logs.committed({{1}});
  bool woken = false;
  logs.when_changed(*job, 0, [&] { woken = true; });
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace spin
