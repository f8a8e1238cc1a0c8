#include "server/core/work.h"

#include <gtest/gtest.h>

namespace spin::core {
namespace {

double work_of(std::int64_t limit, std::int64_t images) {
  JobConfig config;
  config.training.epochs = 3;
  config.dataset.train_limit = limit;
  config.dataset.facts.train_images = images;
  Cost cost;
  cost.flops = 10;
  return training_work(config, cost);
}

TEST(TrainingWork, CountsTheImagesThatAreTrainedOn) {
  EXPECT_EQ(work_of(0, 60'000), 1'800'000) << "no limit: all";
  EXPECT_EQ(work_of(500, 60'000), 15'000);
  EXPECT_EQ(work_of(70'000, 60'000), 1'800'000) << "a limit above what there is";
  EXPECT_EQ(work_of(500, 0), 15'000) << "the limit alone, where only the data knows how many there are";
  EXPECT_EQ(work_of(0, 0), 30);
}

}  // namespace
}  // namespace spin::core
