// CIFAR's files and the synthetic data set.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "schema/data/dataset_files.h"
#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/data/image_writers.h"
#include "worker/trainer/data/cifar.h"
#include "worker/trainer/data/synthetic.h"

namespace spin {
namespace {

constexpr DatasetFacts kCifar10{3, 10, 32, 0, 0};
constexpr DatasetFacts kCifar100{3, 100, 32, 0, 0};

/// A record whose planes are red `value`, green `value` + 1, blue `value` + 2, but for its first pixel: 1,
/// 2, 3.
std::string record(std::initializer_list<int> labels, int value) {
  std::string bytes;
  for (const int label : labels) bytes += static_cast<char>(label);
  for (int plane = 0; plane < 3; ++plane) {
    bytes += static_cast<char>(plane + 1);
    bytes += std::string(1023, static_cast<char>(value + plane));
  }
  return bytes;
}

TEST(Cifar, ReadsBatchAfterBatchChannelsLast) {
  TempFolder folder;
  write_image(folder / "a.bin", record({7}, 10) + record({2}, 20));
  write_image(folder / "b.bin", record({9}, 30));
  const auto split = read_cifar({folder / "a.bin", folder / "b.bin"}, CifarLabels::one, kCifar10);
  ASSERT_TRUE(split.ok()) << split.error().message;
  EXPECT_EQ(split->labels, (std::vector<std::int64_t>{7, 2, 9}));
  ASSERT_EQ(split->pixels.size(), 3U * 32 * 32 * 3);
  EXPECT_EQ(std::vector<int>(split->pixels.begin(), split->pixels.begin() + 6),
            (std::vector<int>{1, 2, 3, 10, 11, 12}));
  EXPECT_EQ(split->pixels[2 * 3072 + 3071], 32);
}

TEST(Cifar, OfTheHundredTheFineLabelCounts) {
  TempFolder folder;
  write_image(folder / "train.bin", record({19, 99}, 0));
  const auto split = read_cifar({folder / "train.bin"}, CifarLabels::coarse_and_fine, kCifar100);
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->labels, (std::vector<std::int64_t>{99}));
}

TEST(Cifar, WrongLengthAndLabelsOutOfRangeAreNamed) {
  TempFolder folder;
  const auto message = [&](const std::string& bytes) {
    write_image(folder / "a.bin", bytes);
    const auto split = read_cifar({folder / "a.bin"}, CifarLabels::one, kCifar10);
    return split.ok() ? "it was read" : split.error().message;
  };
  EXPECT_NE(message(record({1}, 0).substr(1)).find("3072 bytes are no whole number of images of 3073"),
            std::string::npos);
  EXPECT_NE(message("").find("0 bytes are no whole number"), std::string::npos);
  EXPECT_NE(
      message(record({1}, 0) + record({10}, 0)).find("label 10 of image 1 is out of range; expected 0 to 9"),
      std::string::npos);
  std::filesystem::remove(folder / "a.bin");
  std::filesystem::create_directory(folder / "a.bin");
  EXPECT_FALSE(read_cifar({folder / "a.bin"}, CifarLabels::one, kCifar10).ok());
}

TEST(DatasetFiles, AreFoundInTheFoldersOfTheArchives) {
  TempFolder folder;
  for (int i = 1; i <= 5; ++i)
    write_image(folder / "cifar-10-batches-bin" / ("data_batch_" + std::to_string(i) + ".bin"), "x");
  auto missing = find_dataset_files(*find_dataset("cifar10"), folder.path(), "");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(
      missing.error().message.find("no test_batch.bin[.gz] in " + (folder / "cifar-10-batches-bin").string()),
      std::string::npos);
  write_image(folder / "cifar-10-batches-bin" / "test_batch.bin.gz", "x");
  const auto files = find_dataset_files(*find_dataset("cifar10"), "", folder.path());
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->train.size(), 5U);
  EXPECT_EQ(files->eval[0].filename(), "test_batch.bin.gz");
  EXPECT_TRUE(find_dataset_files(*find_dataset("cifar10"), folder / "cifar-10-batches-bin", "").ok());
  const auto nowhere = find_dataset_files(*find_dataset("cifar100"), folder.path(), "");
  ASSERT_FALSE(nowhere.ok());
  EXPECT_NE(nowhere.error().message.find("cifar-100-binary.tar.gz"), std::string::npos);
  const auto unnamed = find_dataset_files(*find_dataset("mnist"), "", "");
  ASSERT_FALSE(unnamed.ok());
  EXPECT_EQ(unnamed.error().message,
            "data set mnist: no folder was named; name the folder that holds its four IDX files (--data)");
}

TEST(DatasetFiles, OfJobsWithTwoRootsAreNotTheSameInOneFolderOfDataSets) {
  const TempFolder folder;
  const auto add = [&](const std::string& place) {
    write_image(folder / place / "train.bin", "x");
    write_image(folder / place / "test.bin", "x");
  };
  const auto found = [&](const std::filesystem::path& named, const std::filesystem::path& root) {
    const auto files = find_dataset_files(*find_dataset("cifar100"), named, root);
    return files.ok() ? files->train[0].parent_path() : std::filesystem::path(files.error().message);
  };
  add("scratch/cifar100");
  add("scratch/clean/cifar-100-binary");
  add("scratch/noisy");
  add("home/other");
  const auto scratch = folder / "scratch";
  EXPECT_EQ(found(scratch, "/elsewhere/clean"), scratch / "clean/cifar-100-binary");
  EXPECT_EQ(found(scratch, "/elsewhere/noisy"), scratch / "noisy");
  EXPECT_EQ(found(scratch, ""), scratch / "cifar100");
  EXPECT_EQ(found(scratch, "/elsewhere/third"), scratch / "cifar100");
  EXPECT_EQ(found("/nowhere", folder / "home/other"), folder / "home/other");
}

TEST(Synthetic, IsTheSameEveryTimeAndAPrefixOfALongerOne) {
  const DatasetFacts facts{3, 7, 32, 0, 0};
  const auto few = synthetic_split(facts, SplitKind::train, 20);
  const auto many = synthetic_split(facts, SplitKind::train, 50);
  std::stop_source stop;
  stop.request_stop();
  const auto none = synthetic_split(facts, SplitKind::train, std::int64_t{1} << 50, stop.get_token());
  EXPECT_TRUE(none.labels.empty() && none.pixels.capacity() == 0) << "nobody waits for it";
  EXPECT_TRUE(std::equal(few.pixels.begin(), few.pixels.end(), many.pixels.begin()));
  EXPECT_EQ(many.labels[6], 6);
  EXPECT_EQ(many.labels[7], 0);
  EXPECT_NE(few.pixels, synthetic_split(facts, SplitKind::eval, 20).pixels);
}

TEST(Synthetic, HasTheStatisticsThatItIsNormalisedWith) {
  const auto split = synthetic_split({3, 100, 32, 0, 0}, SplitKind::train, 2000);
  double sum = 0, squares = 0;
  for (const double value : split.pixels) {
    sum += value / 255;
    squares += value / 255 * value / 255;
  }
  const auto count = static_cast<double>(split.pixels.size());
  EXPECT_NEAR(sum / count, 0.5, 0.01);
  EXPECT_NEAR(std::sqrt(squares / count - sum / count * sum / count), 0.155, 0.005);
}

/// Mean colour of each of the 4 x 4 patches.
std::vector<double> patch_means(const SplitBytes& split, std::size_t image) {
  std::vector<double> means(48);
  const auto* pixel = split.pixels.data() + image * 32 * 32 * 3;
  for (std::size_t y = 0; y < 32; ++y)
    for (std::size_t x = 0; x < 32; ++x)
      for (std::size_t c = 0; c < 3; ++c) means[(y / 8 * 4 + x / 8) * 3 + c] += *pixel++ / 64.0;
  return means;
}

TEST(Synthetic, TheNearestClassMeanIsRightMoreOftenThanNotYetNotAlways) {
  const DatasetFacts facts{3, 10, 32, 0, 0};
  const auto train = synthetic_split(facts, SplitKind::train, 1000);
  std::vector<std::vector<double>> centres(10, std::vector<double>(48));
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto means = patch_means(train, i);
    for (std::size_t j = 0; j < 48; ++j)
      centres[static_cast<std::size_t>(train.labels[i])][j] += means[j] / 100;
  }
  const auto eval = synthetic_split(facts, SplitKind::eval, 500);
  int right = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    const auto means = patch_means(eval, i);
    std::map<double, std::int64_t> by_distance;
    for (std::size_t label = 0; label < 10; ++label) {
      double distance = 0;
      for (std::size_t j = 0; j < 48; ++j) distance += std::pow(means[j] - centres[label][j], 2);
      by_distance[distance] = static_cast<std::int64_t>(label);
    }
    right += by_distance.begin()->second == eval.labels[i];
  }
  EXPECT_GT(right, 350);
  EXPECT_LT(right, 480);
}

}  // namespace
}  // namespace spin
