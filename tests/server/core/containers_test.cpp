#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "schema/base/number_index.h"
#include "server/core/needs.h"
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
      const auto second = std::next(model.begin());
      const auto found = keys.first_but({JobKey{*model.begin()}});
      ASSERT_EQ(found, second == model.end() ? std::nullopt : std::optional(JobKey{*second}));
    }
  }
}

/// All jobs in the order in which they are offered, each taken as it comes.
std::vector<std::int64_t> drain(ReadyQueue& queue) {
  std::vector<std::int64_t> order;
  ReadyQueue::Place place;
  const auto take = [&](const ReadyQueue::Place& at, JobKey) {
    place = at;
    return true;
  };
  while (const auto first = queue.find(take)) {
    order.push_back(first->value);
    queue.erase(place, *first);
    queue.count_running(place.sweep, 1);
  }
  return order;
}

TEST(ReadyQueue, PriorityBeforeNumber) {
  ReadyQueue queue;
  queue.insert({0, SweepId{1}, NeedsId{0}}, JobKey{1});
  queue.insert({5, SweepId{1}, NeedsId{1}}, JobKey{9});
  queue.insert({5, SweepId{1}, NeedsId{0}}, JobKey{3});
  queue.insert({-2, SweepId{1}, NeedsId{0}}, JobKey{2});
  EXPECT_EQ(drain(queue), (std::vector<std::int64_t>{3, 9, 1, 2}));
  EXPECT_EQ(queue.size(), 0U);
}

TEST(ReadyQueue, FindsTheFirstBesidesOthers) {
  ReadyQueue queue;
  queue.insert({0, SweepId{1}, NeedsId{1}}, JobKey{1});
  queue.insert({0, SweepId{1}, NeedsId{0}}, JobKey{4});
  queue.insert({0, SweepId{1}, NeedsId{1}}, JobKey{3});
  queue.insert({0, SweepId{2}, NeedsId{0}}, JobKey{2});
  const auto any = [](const ReadyQueue::Place&, JobKey) { return true; };
  const auto of_needs_0 = [](const ReadyQueue::Place& place, JobKey) { return place.needs == NeedsId{0}; };
  EXPECT_EQ(queue.find_but({JobKey{1}}, any), JobKey{3});
  EXPECT_EQ(queue.find_but({JobKey{1}}, of_needs_0), JobKey{4});
  EXPECT_EQ(queue.find_but({JobKey{1}, JobKey{3}, JobKey{4}}, any), JobKey{2});
  EXPECT_EQ(queue.find_but({JobKey{1}, JobKey{2}, JobKey{3}, JobKey{4}}, any), std::nullopt);
}

TEST(ReadyQueue, TheSweepWithTheFewestRunningJobsIsNext) {
  ReadyQueue queue;
  queue.count_running(SweepId{1}, 2);
  for (int i = 1; i <= 3; ++i) queue.insert({0, SweepId{1}, NeedsId{0}}, JobKey{i});
  for (int i = 4; i <= 7; ++i) queue.insert({0, SweepId{2}, NeedsId{0}}, JobKey{i});
  EXPECT_EQ(drain(queue), (std::vector<std::int64_t>{4, 5, 1, 6, 2, 7, 3}));
}

TEST(ReadyQueue, AClassThatNobodyTakesHoldsUpNoOther) {
  ReadyQueue queue;
  queue.insert({0, SweepId{1}, NeedsId{0}}, JobKey{1});
  queue.insert({0, SweepId{1}, NeedsId{1}}, JobKey{2});
  queue.insert({0, SweepId{2}, NeedsId{0}}, JobKey{3});
  const auto found =
      queue.find([](const ReadyQueue::Place& place, JobKey) { return place.needs == NeedsId{1}; });
  EXPECT_EQ(found, JobKey{2});
}

TEST(ReadyQueue, TellsWhetherSomethingCameIn) {
  ReadyQueue queue;
  queue.insert({0, SweepId{1}, NeedsId{0}}, JobKey{1});
  EXPECT_TRUE(queue.take_changed());
  queue.erase({0, SweepId{1}, NeedsId{0}}, JobKey{1});
  EXPECT_FALSE(queue.take_changed());
}

TEST(NeedsTable, PredictionsThatDifferLittleAreOne) {
  NeedsTable table;
  const NeedsId gib = table.intern((1LL << 30) - 5, "mnist");
  EXPECT_EQ(table.intern(1LL << 30, "mnist"), gib);
  EXPECT_NE(table.intern((1LL << 30) + 1, "mnist"), gib);
  EXPECT_NE(table.intern(1LL << 30, "cifar10"), gib);
  EXPECT_EQ(table.at(gib).memory_bytes, 1LL << 30);
  for (std::int64_t bytes = 1; bytes < (1LL << 60); bytes = bytes * 3 + 1) {
    EXPECT_GE(NeedsTable::round_up(bytes), bytes);
    EXPECT_LE(NeedsTable::round_up(bytes) - bytes, bytes / 8);
  }
  EXPECT_EQ(NeedsTable::round_up(0), 0);
}

TEST(NumberIndex, FindsEachOfManyAndNothingElse) {
  std::vector<JobId> ids;
  const auto id_of_number = [&](std::uint32_t number) { return ids[number - 1]; };
  NumberIndex<JobId> index;
  for (std::uint32_t i = 1; i <= 5'000; ++i) {
    ids.push_back(id_of("job" + std::to_string(i)));
    index.insert(ids.back(), i, id_of_number);
  }
  for (std::uint32_t i = 1; i <= 5'000; ++i)
    EXPECT_EQ(index.find(id_of("job" + std::to_string(i)), id_of_number), i);
  EXPECT_FALSE(index.find(id_of("job0"), id_of_number).has_value());
  EXPECT_FALSE(NumberIndex<JobId>().find(id_of("job1"), id_of_number).has_value());
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
