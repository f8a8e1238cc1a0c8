// What the log says of the number of images, against what was published.
#include "worker/trainer/data/split_counts.h"

#include <gtest/gtest.h>

namespace spin {
namespace {

std::vector<std::string> lines(const std::string& name, const SplitCount& train, const SplitCount& eval,
                               std::int64_t train_limit = 0, std::int64_t eval_limit = 0) {
  Dataset dataset;
  dataset.name = name;
  dataset.train_limit = train_limit;
  dataset.eval_limit = eval_limit;
  return describe_splits(dataset, train, eval);
}

TEST(SplitCounts, AWholeSetIsOneLine) {
  EXPECT_EQ(
      lines("mnist", {60'000, 60'000, "/d/train"}, {10'000, 10'000, "/d/t10k"}),
      std::vector<std::string>{"data: trains on 60000 images of /d/train; 10000 images of /d/t10k judge"});
  EXPECT_EQ(lines("synthetic", {640, 640, ""}, {1, 1, ""}),
            std::vector<std::string>{"data: trains on 640 images; 1 image judges"});
  EXPECT_EQ(lines("imagefolder", {32, 32, "/d/train"}, {12, 12, "/d/valid"}),
            std::vector<std::string>{"data: trains on 32 images of /d/train; 12 images of /d/valid judge"});
}

TEST(SplitCounts, AnotherNumberThanPublishedIsAWarning) {
  const auto found =
      lines("cifar10", {13, 13, "/d/data_batch_1.bin and 4 more"}, {3, 3, "/d/test_batch.bin"});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(
      found[1],
      "warning: cifar10 was published with 50000 training images and /d/data_batch_1.bin and 4 more holds "
      "13: files are cut short or missing, or these are other data. The plan and every comparison assume "
      "the published number; `dataset.train_limit` takes a part of it on purpose");
  EXPECT_NE(found[2].find("10000 evaluation images and /d/test_batch.bin holds 3"), std::string::npos);
  EXPECT_EQ(lines("imagenet", {1'281'166, 1'281'166, "/d/train"}, {50'001, 50'001, "/d/val"}).size(), 3U);
}

TEST(SplitCounts, APartThatWasAskedForIsNone) {
  EXPECT_EQ(lines("mnist", {60'000, 32, "/d/train"}, {10'000, 16, "/d/t10k"}, 32, 16),
            std::vector<std::string>{
                "data: trains on 32 of 60000 images of /d/train; 16 of 10000 images of /d/t10k judge"});
  EXPECT_EQ(lines("mnist", {13, 13, "/d/train"}, {10'000, 10'000, "/d/t10k"}, 13).size(), 1U);
  EXPECT_EQ(lines("mnist", {13, 13, "/d/train"}, {10'000, 10'000, "/d/t10k"}, 14).size(), 2U)
      << "one is missing";
}

}  // namespace
}  // namespace spin
