#include "server/core/key_runs.h"

#include <random>

#include <gtest/gtest.h>

namespace spin::core {
namespace {

TEST(KeyRuns, HoldAnyListLikeAVector) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<JobKey> model;
    KeyRuns runs;
    for (int step = 0; step < 60; ++step) {
      const auto dice = random() % 10;
      if (dice == 0 && !model.empty()) {
        model.pop_back();
        runs.pop_back();
      } else {
        const bool follows = dice < 8 && !model.empty();
        model.push_back(follows ? JobKey{model.back().value + 1}
                                : JobKey{1 + static_cast<std::int64_t>(random() % 20)});
        runs.push_back(model.back());
      }
      ASSERT_EQ(std::vector<JobKey>(runs.begin(), runs.end()), model);
      ASSERT_EQ(runs.size(), model.size());
      ASSERT_EQ(runs.empty(), model.empty());
      if (!model.empty()) {
        ASSERT_EQ(runs.back(), model.back());
      }
      const auto position = static_cast<std::int64_t>(random() % (model.size() + 1));
      ASSERT_EQ(std::vector<JobKey>(runs.from(position), runs.end()),
                std::vector<JobKey>(model.begin() + position, model.end()));
    }
  }
}

}  // namespace
}  // namespace spin::core
