#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "server/core/job_index.h"
#include "server/core/ready_queue.h"
#include "server/core/small_list.h"
#include "server/core/timers.h"
#include "tests/server/core/plans.h"

namespace spin::core {
namespace {

TEST(SmallList, KeepsTheOrderFromNoneToMany) {
  SmallList<JobKey> list;
  EXPECT_TRUE(list.items().empty());
  for (int i = 1; i <= 5; ++i) {
    list.add(JobKey{i});
    ASSERT_EQ(list.items().size(), static_cast<std::size_t>(i));
    for (int j = 1; j <= i; ++j) EXPECT_EQ(list.items()[static_cast<std::size_t>(j - 1)], JobKey{j});
  }
  EXPECT_TRUE(list.contains(JobKey{5}));
  EXPECT_FALSE(list.contains(JobKey{6}));
}

TEST(KeySet, BehavesAsAnOrderedSet) {
  std::mt19937 random(7);
  KeySet keys;
  std::set<std::int64_t> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto value = static_cast<std::int64_t>(random() % (step % 2 == 0 ? 70 : 20'000));
    if (random() % 2 == 0) {
      keys.insert(JobKey{value});
      model.insert(value);
    } else {
      keys.erase(JobKey{value});
      model.erase(value);
    }
    ASSERT_EQ(keys.size(), model.size());
    ASSERT_EQ(keys.contains(JobKey{value}), model.contains(value));
    ASSERT_EQ(keys.first().has_value(), !model.empty());
    if (!model.empty()) {
      ASSERT_EQ(keys.first()->value, *model.begin());
    }
  }
}

TEST(ReadyQueue, PriorityBeforeNumber) {
  ReadyQueue queue;
  queue.insert(0, JobKey{1});
  queue.insert(5, JobKey{9});
  queue.insert(5, JobKey{3});
  queue.insert(-2, JobKey{2});
  std::vector<std::int64_t> order;
  while (const auto first = queue.first()) {
    order.push_back(first->value);
    for (const int priority : {-2, 0, 5}) queue.erase(priority, *first);
  }
  EXPECT_EQ(order, (std::vector<std::int64_t>{3, 9, 1, 2}));
  EXPECT_EQ(queue.size(), 0U);
}

TEST(JobIndex, FindsEachOfManyAndNothingElse) {
  std::vector<JobId> ids;
  const auto id_of_key = [&](JobKey key) { return ids[static_cast<std::size_t>(key.value - 1)]; };
  JobIndex index;
  for (int i = 1; i <= 5'000; ++i) {
    ids.push_back(id_of("job" + std::to_string(i)));
    index.insert(ids.back(), JobKey{i}, id_of_key);
  }
  for (int i = 1; i <= 5'000; ++i)
    EXPECT_EQ(index.find(id_of("job" + std::to_string(i)), id_of_key), JobKey{i});
  EXPECT_FALSE(index.find(id_of("job0"), id_of_key).has_value());
  EXPECT_FALSE(JobIndex().find(id_of("job1"), id_of_key).has_value());
}

TEST(Timers, MovedTimerIsDueAtItsNewTimeOnly) {
  const auto at = [](int ms) { return Now{std::chrono::milliseconds(ms)}; };
  Timers timers;
  timers.set({at(5), JobKey{1}});
  timers.set({at(7), JobKey{2}});
  timers.move({at(5), JobKey{1}}, at(9));
  EXPECT_EQ(timers.first()->job, JobKey{2});
  timers.clear({at(7), JobKey{2}});
  EXPECT_EQ(timers.first()->at, at(9));
  EXPECT_EQ(timers.size(), 1U);
}

}  // namespace
}  // namespace spin::core
