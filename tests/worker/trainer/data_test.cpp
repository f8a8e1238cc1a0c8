// IDX files, data sets and batches: what is read, and what each kind of damage is called.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/no_descriptors.h"
#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/fixtures.h"
#include "worker/trainer/batches.h"
#include "worker/trainer/data/epoch_order.h"
#include "worker/trainer/data/idx.h"
#include "worker/trainer/data/training_steps.h"
#include "worker/trainer/dataset.h"

namespace spin {
namespace {

class DataSetFiles : public ::testing::Test {
 protected:
  void SetUp() override { write_dataset(folder_.path(), 40, 20); }
  Result<ImageData> load(const Dataset& dataset = tiny_config().dataset) {
    return DataStore(torch::kCPU).load(dataset, folder_.path().string());
  }
  /// The message of a load that must fail.
  std::string message() {
    const auto data = load();
    return data.ok() ? "it was read" : data.error().message;
  }
  TempFolder folder_;
};

testing::AssertionResult holds(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts)
    if (text.find(part) == std::string::npos)
      return testing::AssertionFailure() << "no '" << part << "' in: " << text;
  return testing::AssertionSuccess();
}

TEST_F(DataSetFiles, ReadsPlainAndCompressedFiles) {
  const auto data = load();
  ASSERT_TRUE(data.ok()) << data.error().message;
  EXPECT_EQ(data->train.images.sizes(), torch::IntArrayRef({40, 28, 28, 1}));
  EXPECT_EQ(data->eval.size(), 20);
  EXPECT_EQ(data->train.labels[13].item<int>(), 3);
  EXPECT_GT(data->train.images[0][5][0][0].item<int>(), 149);  // the bar of class 0
  EXPECT_LT(data->train.images[0][8][0][0].item<int>(), 100);
}

TEST_F(DataSetFiles, LimitsTakeTheFirstImages) {
  auto dataset = tiny_config().dataset;
  dataset.train_limit = 7;
  dataset.eval_limit = 1000;
  const auto data = load(dataset);
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data->train.size(), 7);
  EXPECT_EQ(data->train.labels[6].item<int>(), 6);
  EXPECT_EQ(data->eval.size(), 20);
}

TEST_F(DataSetFiles, FolderMayHoldTheDataSetsOwnFolder) {
  TempFolder parent;
  write_dataset(parent / "fashion-mnist", 10, 10);
  EXPECT_TRUE(DataStore(torch::kCPU).load(tiny_config().dataset, parent.path().string()).ok());
}

TEST_F(DataSetFiles, OfTwoDataSetsEachGetsItsOwnFilesAndStatistics) {
  TempFolder parent;
  write_dataset(parent.path(), 10, 10);
  write_dataset(parent / "fashion-mnist", 20, 10);
  DataStore store(torch::kCPU);
  auto dataset = tiny_config().dataset;
  const auto fashion = store.load(dataset, parent.path().string());
  ASSERT_TRUE(fashion.ok());
  EXPECT_EQ(fashion->train.size(), 20);
  dataset.name = "mnist";
  const auto mnist = store.load(dataset, (parent / "fashion-mnist").string());
  ASSERT_TRUE(mnist.ok());
  EXPECT_NE(mnist->pixels.mean, fashion->pixels.mean);
}

TEST_F(DataSetFiles, CachedDataIsReadAgainWhenAFileChanges) {
  DataStore store(torch::kCPU);
  const auto dataset = tiny_config().dataset;
  const auto first = store.load(dataset, folder_.path().string());
  const auto again = store.load(dataset, folder_.path().string());
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->train.images.data_ptr(), again->train.images.data_ptr());
  write_dataset(folder_.path(), 50, 20);
  const auto changed = store.load(dataset, folder_.path().string());
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->train.size(), 50);
}

TEST_F(DataSetFiles, AStoreThatNobodyWaitsForHoldsNothingAndReadsNoMore) {
  auto synthetic = tiny_config().dataset;
  synthetic.name = "synthetic";
  synthetic.facts = {3, 10, 8, 20, 10};
  for (const auto& dataset : {tiny_config().dataset, synthetic}) {
    DataStore store(torch::kCPU);
    auto loaded = store.load(dataset, folder_.path().string());
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    const auto images = loaded->train.images;
    loaded->train.images.reset();
    EXPECT_EQ(images.use_count(), 2U) << "the store's, for the next job";
    store.abandon();
    EXPECT_EQ(images.use_count(), 1U);
    const auto refused = store.load(dataset, folder_.path().string());
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::failed_precondition);
  }
}

TEST_F(DataSetFiles, AFileThatMayBeReadLaterIsNotMissing) {
  const auto data = [&] {
    const NoDescriptors none;
    return load();
  }();
  ASSERT_FALSE(data.ok());
  EXPECT_EQ(data.error().code, ErrorCode::internal) << data.error().message;
}

TEST_F(DataSetFiles, MissingFolderSaysWhatWasLookedForAndHowToGetIt) {
  const auto data = DataStore(torch::kCPU).load(tiny_config().dataset, "/nowhere");
  ASSERT_FALSE(data.ok());
  EXPECT_EQ(data.error().code, ErrorCode::not_found);
  EXPECT_TRUE(holds(data.error().message, {"train-images-idx3-ubyte[.gz]", "/nowhere",
                                           "apt install dataset-fashion-mnist", "--data"}));
}

TEST_F(DataSetFiles, MissingFileIsNamed) {
  std::filesystem::remove(folder_ / "t10k-labels-idx1-ubyte");
  EXPECT_TRUE(holds(message(), {"no t10k-labels-idx1-ubyte[.gz]", folder_.path().string()}));
}

TEST_F(DataSetFiles, WrongMagicNumber) {
  const auto path = folder_ / "t10k-images-idx3-ubyte";
  auto bytes = read_bytes(path);
  bytes[2] = 0x0d;
  write_bytes(path, bytes);
  EXPECT_TRUE(holds(message(), {path.string(), "magic number 0x00000d03", "0x00000803"}));
}

TEST_F(DataSetFiles, CutAtAnyByteIsTruncatedAndNeverRead) {
  const auto path = folder_ / "t10k-labels-idx1-ubyte";
  const auto bytes = read_bytes(path);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write_bytes(path, bytes.substr(0, size));
    ASSERT_TRUE(holds(message(), {path.string(), "truncated"})) << size;
  }
}

TEST_F(DataSetFiles, CutGzipFileIsTruncatedAndNeverRead) {
  const auto path = folder_ / "train-labels-idx1-ubyte.gz";
  const auto bytes = read_bytes(path);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write_bytes(path, bytes.substr(0, size));
    ASSERT_TRUE(holds(message(), {path.string(), "truncated"})) << size;
  }
}

TEST_F(DataSetFiles, CorruptGzipFile) {
  const auto path = folder_ / "train-images-idx3-ubyte.gz";
  auto bytes = read_bytes(path);
  bytes[bytes.size() - 6] ^= 1;  // in the checksum
  write_bytes(path, bytes);
  EXPECT_TRUE(holds(message(), {path.string(), "not valid gzip data"}));
  write_bytes(path, "plain text, not gzip");
  EXPECT_TRUE(holds(message(), {path.string(), "magic number 0x706c6169"}));
}

TEST_F(DataSetFiles, BytesBehindTheEnd) {
  const auto path = folder_ / "t10k-images-idx3-ubyte";
  write_bytes(path, read_bytes(path) + "xyz");
  EXPECT_TRUE(holds(message(), {path.string(), "3 bytes follow"}));
  write_dataset(folder_.path(), 40, 20);
  const auto packed = folder_ / "train-images-idx3-ubyte.gz";
  write_bytes(packed, read_bytes(packed) + "xyz");
  EXPECT_TRUE(holds(message(), {packed.string(), "3 bytes follow the end of the gzip data"}));
}

TEST_F(DataSetFiles, AnotherNumberThanPublishedIsSaidLoudly) {
  const auto log_of = [&](const Dataset& dataset) {
    std::string log;
    const auto data = load(dataset).value();
    for (const auto& note : data.notes) log += note + "\n";
    return log;
  };
  auto dataset = tiny_config().dataset;
  EXPECT_TRUE(holds(log_of(dataset),
                    {"warning: fashion-mnist was published with 60000 training images and ",
                     " holds 40: ", "published with 10000 evaluation images", "`dataset.eval_limit`"}));
  dataset.train_limit = 30;
  dataset.eval_limit = 10;
  EXPECT_EQ(log_of(dataset).find("warning"), std::string::npos) << "a part was asked for";
}

TEST_F(DataSetFiles, AFifoOfTheNameIsNotOpened) {
  const auto path = folder_ / "t10k-labels-idx1-ubyte";
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_TRUE(holds(message(), {"no t10k-labels-idx1-ubyte[.gz]"}));
}

TEST_F(DataSetFiles, CountsOfImagesAndLabelsMustAgree) {
  const auto path = folder_ / "t10k-labels-idx1-ubyte";
  write_bytes(path, idx_bytes({3}, std::string(3, '\1')));
  EXPECT_TRUE(holds(message(), {path.string(), "3 labels", "20 images"}));
}

TEST_F(DataSetFiles, LabelOutOfRangeIsNamedWithItsImage) {
  const auto path = folder_ / "t10k-labels-idx1-ubyte";
  auto bytes = read_bytes(path);
  bytes[8 + 17] = 10;
  write_bytes(path, bytes);
  EXPECT_TRUE(holds(message(), {path.string(), "label 10 of image 17", "0 to 9"}));
}

TEST_F(DataSetFiles, ImagesOfAnotherSize) {
  const auto path = folder_ / "t10k-images-idx3-ubyte";
  write_bytes(path, idx_bytes({20, 4, 5}, std::string(400, '\1')));
  EXPECT_TRUE(holds(message(), {path.string(), "4 x 5", "28 x 28"}));
}

TEST(Idx, HeaderThatAnnouncesMoreThanMemoryIsRefused) {
  const auto array = parse_idx(idx_bytes({0xffffffff, 0xffffffff, 0xffffffff}, "x"), 3, "file");
  ASSERT_FALSE(array.ok());
  EXPECT_EQ(array.error().code, ErrorCode::data_loss);
}

TEST_F(DataSetFiles, BatchIsNormalisedChannelsLast) {
  const auto data = load();
  ASSERT_TRUE(data.ok());
  auto config = tiny_config();
  const auto first = evaluation_batches(*data, config, 3, 1)->next();
  ASSERT_TRUE(first.ok() && first->has_value());
  const auto& batch = **first;
  EXPECT_EQ(batch.images.sizes(), torch::IntArrayRef({3, 1, 28, 28}));
  EXPECT_TRUE(batch.images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(batch.labels[2].item<int>(), 2);
  const double pixel = data->eval.images[2][3][9][0].item<double>();
  EXPECT_NEAR(batch.images[2][0][3][9].item<double>(), (pixel / 255 - 0.2860) / 0.3530, 1e-6);
  config.network.resolution = 42;
  const auto resized = evaluation_batches(*data, config, 3, 1)->next();
  ASSERT_TRUE(resized.ok());
  EXPECT_EQ((*resized)->images.sizes(), torch::IntArrayRef({3, 1, 42, 42}));
}

TEST_F(DataSetFiles, EvaluationGivesEveryImageOnceInOrder) {
  const auto data = load();
  ASSERT_TRUE(data.ok());
  const auto batches = evaluation_batches(*data, tiny_config(), 8, 1);
  std::vector<std::int64_t> sizes;
  std::int64_t images = 0;
  for (;;) {
    const auto batch = batches->next();
    ASSERT_TRUE(batch.ok());
    if (!*batch) break;
    sizes.push_back((*batch)->labels.size(0));
    for (std::int64_t i = 0; i < sizes.back(); ++i)
      EXPECT_EQ((*batch)->labels[i].item<std::int64_t>(), images++ % 10);
  }
  EXPECT_EQ(sizes, (std::vector<std::int64_t>{8, 8, 4}));
}

TEST_F(DataSetFiles, TrainingFollowsTheOrderOfEachEpochFromAnyStep) {
  const auto data = load();
  ASSERT_TRUE(data.ok());
  const auto config = tiny_config();  // 3 epochs of 2 batches of 16
  ASSERT_EQ(steps_per_epoch(data->train.size(), config.training), 2);
  const auto batches = training_batches(*data, config, 3, 1);
  for (const std::int64_t step : {3, 4, 5}) {
    const auto order = epoch_order(config.seed, step / 2 + 1, 40);
    const auto batch = batches->next();
    ASSERT_TRUE(batch.ok() && batch->has_value());
    for (std::int64_t i = 0; i < 16; ++i)
      EXPECT_EQ((*batch)->labels[i].item<std::int64_t>(),
                order[static_cast<std::size_t>(step % 2 * 16 + i)] % 10);
  }
  const auto end = batches->next();
  ASSERT_TRUE(end.ok());
  EXPECT_FALSE(end->has_value());
}

}  // namespace
}  // namespace spin
