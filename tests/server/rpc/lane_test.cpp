#include "server/rpc/lane.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "server/rpc/call_limit.h"

namespace spin {
namespace {

TEST(Lane, RunsAsManyTasksAtOnceAsItHasThreads) {
  Lane lane(2);
  std::promise<void> first, second;
  ASSERT_TRUE(lane.post([&] {
                    first.set_value();
                    second.get_future().wait();
                  })
                  .ok());
  ASSERT_TRUE(lane.post([&] {
                    first.get_future().wait();
                    second.set_value();
                  })
                  .ok());
  lane.stop();  // each waits for the other: it returns only where both run at once
}

TEST(Lane, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  Lane lane(1);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(lane.post([&order, i] { order.push_back(i); }).ok());
  lane.stop();
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Lane, GivesWayWhereItsShareIsSmall) {
  const auto nice_in = [](Lane::Share share) {
    int nice = 0;
    Lane lane(1, share);
    EXPECT_TRUE(lane.post([&] { nice = ::getpriority(PRIO_PROCESS, 0); }).ok());
    lane.stop();
    return nice;
  };
  const int here = ::getpriority(PRIO_PROCESS, 0);
  EXPECT_EQ(nice_in(Lane::Share::equal), here);
  EXPECT_EQ(nice_in(Lane::Share::small), std::max(here, 10));
}

TEST(Lane, TakesNothingAfterItsEnd) {
  Lane lane(1);
  lane.stop();
  std::atomic<bool> has_run = false;
  const Status posted = lane.post([&] { has_run = true; });
  ASSERT_FALSE(posted.ok());
  EXPECT_EQ(posted.error().code, ErrorCode::unavailable);
  EXPECT_FALSE(has_run);
}

TEST(CallLimit, CountsUntilTheLastCopyOfAPassIsGone) {
  CallLimit limit(1, "calls");
  auto pass = limit.enter();
  ASSERT_TRUE(pass.ok());
  CallLimit::Pass copy = *pass;
  pass = Error{};
  EXPECT_EQ(limit.enter().error().message, "1 calls run already; try later");
  copy.reset();
  EXPECT_TRUE(limit.enter().ok());
}

}  // namespace
}  // namespace spin
