#include <gtest/gtest.h>

#include "schema/design/task.h"

namespace spin {
namespace {

double work_with(std::int64_t limit, std::int64_t images) {
  Train config;
  config.training.epochs = 3;
  config.dataset.train_limit = limit;
  config.dataset.facts.train_images = images;
  Cost cost;
  cost.flops = 10;
  return work_of(Task(config), cost);
}

TEST(TrainingWork, CountsTheImagesThatAreTrainedOn) {
  EXPECT_EQ(work_with(0, 60'000), 1'800'000) << "no limit: all";
  EXPECT_EQ(work_with(500, 60'000), 15'000);
  EXPECT_EQ(work_with(70'000, 60'000), 1'800'000) << "a limit above what there is";
  EXPECT_EQ(work_with(500, 0), 15'000) << "the limit alone, where only the data knows how many there are";
  EXPECT_EQ(work_with(0, 0), 30);
}

}  // namespace
}  // namespace spin
