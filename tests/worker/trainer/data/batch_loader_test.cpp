// The loader: the same batches whatever the number of threads, bounded work ahead, damaged images, clean
// ends.
#include "worker/trainer/data/batch_loader.h"

#include <atomic>
#include <numeric>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "tests/worker/trainer/data/image_writers.h"
#include "worker/trainer/data/epoch_order.h"

namespace spin {
namespace {

/// Image i is 8 x 8 of the value i, but for those that are damaged.
class NumberedImages : public ImageSource {
 public:
  explicit NumberedImages(std::int64_t images, std::set<std::int64_t> damaged = {})
      : images_(images), damaged_(std::move(damaged)) {}
  [[nodiscard]] std::int64_t size() const override { return images_; }
  [[nodiscard]] int channels() const override { return 1; }
  [[nodiscard]] std::string name(std::int64_t index) const override {
    return "number " + std::to_string(index);
  }
  Result<Decoded> read(std::int64_t index, const ChooseView& choose) const override {
    ++reads;
    if (damaged_.contains(index)) return Error{ErrorCode::data_loss, "torn"};
    return Decoded{{8, 8, 1, std::vector<std::uint8_t>(64, static_cast<std::uint8_t>(index))}, choose(8, 8)};
  }
  mutable std::atomic<int> reads = 0;

 private:
  std::int64_t images_;
  std::set<std::int64_t> damaged_;
};

using Batches = std::vector<std::pair<std::vector<std::int64_t>, std::vector<std::uint8_t>>>;

ImageTransform small_transform() {
  ImageTransform transform;
  transform.resolution = 8;
  return transform;
}

struct Loading {
  std::shared_ptr<ImageSource> images;
  int threads = 1;
  std::int64_t first_batch = 0;
  OnDamage on_damage = OnDamage::take_next;
  std::size_t buffers = 3;
  ImageTransform transform = small_transform();
};

constexpr std::int64_t kBatch = 8;

/// Two epochs of batches of 8, in the order of epoch_order.
struct LoaderRun {
  explicit LoaderRun(const Loading& loading)
      : image_bytes(static_cast<std::size_t>(loading.transform.resolution * loading.transform.resolution *
                                             loading.images->channels())),
        damaged(std::make_shared<DamagedImages>(loading.images->size(),
                                                [this](const std::string& line) { log.push_back(line); })),
        buffers(loading.buffers, std::vector<std::uint8_t>(kBatch * image_bytes)) {
    BatchLoader::Setup setup;
    setup.images = loading.images;
    setup.damaged = damaged;
    setup.transform = loading.transform;
    setup.on_damage = loading.on_damage;
    setup.threads = loading.threads;
    const auto per_epoch = loading.images->size() / kBatch;
    setup.next_request = [=, step = loading.first_batch]() mutable -> std::optional<BatchRequest> {
      if (step == 2 * per_epoch) return std::nullopt;
      BatchRequest request{step / per_epoch + 1, {}};
      const auto order = epoch_order(1, request.epoch, per_epoch * kBatch);
      const auto first = order.begin() + step++ % per_epoch * kBatch;
      request.indices.assign(first, first + kBatch);
      return request;
    };
    for (auto& buffer : buffers) setup.buffers.push_back(buffer.data());
    loader = std::make_unique<BatchLoader>(std::move(setup));
  }

  /// All that are left.
  Batches rest() {
    Batches batches;
    for (;;) {
      const auto batch = loader->next();
      if (!batch.ok()) error = batch.error().message;
      if (!batch.ok() || !*batch) return batches;
      const auto& indices = (*batch)->indices;
      const auto* pixels = (*batch)->pixels;
      batches.push_back({indices, {pixels, pixels + indices.size() * image_bytes}});
    }
  }

  std::size_t image_bytes;
  std::vector<std::string> log;
  std::shared_ptr<DamagedImages> damaged;
  std::string error;
  std::vector<std::vector<std::uint8_t>> buffers;
  std::unique_ptr<BatchLoader> loader;
};

TEST(BatchLoader, GivesTheSameBatchesForAnyNumberOfThreadsAndAnyStart) {
  ImageTransform transform;
  transform.resolution = 24;
  transform.frame = ImageTransform::Frame::centre;
  transform.crop = Crop::random_resized;
  transform.crop_scale = 0.1;
  transform.flip = 0.5;
  transform.change = [](ByteImage& image, Random& random) {
    image.pixels[random.below(image.pixels.size())] ^= 0xff;
  };
  std::vector<std::uint8_t> pixels(40 * 16 * 16 * 3);
  Random noise(3, RandomUse::synthetic);
  for (auto& value : pixels) value = static_cast<std::uint8_t>(noise.next());
  const auto images = std::make_shared<MemoryImages>(
      std::shared_ptr<const std::uint8_t>(std::shared_ptr<void>(), pixels.data()), 40, 16, 16, 3);
  const auto reference = LoaderRun({.images = images, .threads = 1, .transform = transform}).rest();
  ASSERT_EQ(reference.size(), 10U);
  for (const int threads : {1, 2, 3, 8})
    for (const std::int64_t first : {0, 3, 5, 9}) {
      const auto batches =
          LoaderRun({.images = images, .threads = threads, .first_batch = first, .transform = transform})
              .rest();
      ASSERT_EQ(batches.size(), reference.size() - static_cast<std::size_t>(first));
      for (std::size_t i = 0; i < batches.size(); ++i)
        EXPECT_EQ(batches[i], reference[i + static_cast<std::size_t>(first)])
            << threads << " threads from " << first;
    }
}

TEST(BatchLoader, BatchesHoldTheImagesThatWereAskedFor) {
  LoaderRun run({.images = std::make_shared<NumberedImages>(16), .threads = 2});
  for (const auto& [indices, pixels] : run.rest())
    for (std::size_t i = 0; i < indices.size(); ++i)
      EXPECT_EQ(pixels[i * 64], static_cast<std::uint8_t>(indices[i]));
}

TEST(BatchLoader, WorksAheadNoFurtherThanItHasBuffers) {
  const auto images = std::make_shared<NumberedImages>(800);
  {
    LoaderRun run({.images = images, .threads = 4, .buffers = 3});
    ASSERT_TRUE(run.loader->next().ok());
    ASSERT_TRUE(run.loader->next().ok());
  }
  EXPECT_GE(images->reads, 2 * kBatch);
  EXPECT_LE(images->reads, 4 * kBatch);  // one was given back, one is in use, two are ahead
}

TEST(BatchLoader, ADamagedImageIsReplacedByTheNextReadableOne) {
  const auto images = std::make_shared<NumberedImages>(16, std::set<std::int64_t>{3, 4, 15});
  for (const int threads : {1, 3}) {
    LoaderRun run({.images = images, .threads = threads});
    int of_five = 0, of_zero = 0;
    for (const auto& [indices, pixels] : run.rest())
      for (std::size_t i = 0; i < indices.size(); ++i) {
        EXPECT_EQ(pixels[i * 64], static_cast<std::uint8_t>(indices[i]));
        EXPECT_FALSE(indices[i] == 3 || indices[i] == 4 || indices[i] == 15);
        of_five += indices[i] == 5;
        of_zero += indices[i] == 0;
      }
    EXPECT_EQ(run.error, "");
    EXPECT_EQ(of_five, 6);  // for 3, 4 and itself in two epochs
    EXPECT_EQ(of_zero, 4);  // 0 follows 15
    EXPECT_EQ(run.damaged->count(), 3);
    EXPECT_EQ(run.log.size(), 3U);
  }
}

TEST(BatchLoader, EvaluationLeavesDamagedImagesOut) {
  const auto images = std::make_shared<NumberedImages>(16, std::set<std::int64_t>{3, 4, 15});
  LoaderRun run({.images = images, .threads = 2, .on_damage = OnDamage::leave_out});
  std::multiset<std::int64_t> seen;
  for (const auto& [indices, pixels] : run.rest())
    for (std::size_t i = 0; i < indices.size(); ++i) {
      EXPECT_EQ(pixels[i * 64], static_cast<std::uint8_t>(indices[i]));
      seen.insert(indices[i]);
    }
  EXPECT_EQ(seen.size(), 26U);
  EXPECT_EQ(seen.count(3) + seen.count(4) + seen.count(15), 0U);
}

TEST(BatchLoader, TooManyDamagedImagesEndItWithTheirNames) {
  std::set<std::int64_t> damaged;
  for (std::int64_t i = 0; i < 100; ++i) damaged.insert(i);
  for (const auto on_damage : {OnDamage::take_next, OnDamage::leave_out}) {
    LoaderRun run(
        {.images = std::make_shared<NumberedImages>(200, damaged), .threads = 3, .on_damage = on_damage});
    run.rest();
    EXPECT_NE(run.error.find("of 200 images are damaged, more than the 10 that are passed over"),
              std::string::npos)
        << run.error;
    EXPECT_NE(run.error.find(" (torn), number "), std::string::npos) << run.error;
    const auto again = run.loader->next();
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().message, run.error);
  }
}

TEST(BatchLoader, WhereNothingCanBeReadItEnds) {
  LoaderRun run(
      {.images = std::make_shared<NumberedImages>(8, std::set<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}),
       .threads = 2});
  EXPECT_TRUE(run.rest().empty());
  EXPECT_NE(run.error.find("8 of 8 images are damaged"), std::string::npos) << run.error;
}

TEST(BatchLoader, AnExceptionOnAThreadIsAnErrorOfItsOwn) {
  Loading loading{std::make_shared<NumberedImages>(64)};
  loading.threads = 3;
  loading.transform.change = [](ByteImage&, Random&) { throw std::bad_alloc(); };
  LoaderRun run(loading);
  EXPECT_TRUE(run.rest().empty());
  EXPECT_NE(run.error.find("out of memory while images were decoded"), std::string::npos) << run.error;
}

/// Whose images come when they are released, as those on a disk that does not answer.
class HeldImages : public NumberedImages {
 public:
  using NumberedImages::NumberedImages;
  Result<Decoded> read(std::int64_t index, const ChooseView& choose) const override {
    ++waiting;
    released.wait(false);
    auto image = NumberedImages::read(index, choose);
    --waiting;
    return image;
  }
  mutable std::atomic<int> waiting = 0;
  std::atomic<bool> released = false;
};

/// A loader of its own memory, for threads that outlast it.
BatchLoader::Setup patient_setup(const std::shared_ptr<ImageSource>& images) {
  BatchLoader::Setup setup;
  setup.images = images;
  setup.damaged = std::make_shared<DamagedImages>(images->size(), [](const std::string&) {});
  setup.transform = small_transform();
  setup.next_request = [asked = false]() mutable -> std::optional<BatchRequest> {
    if (std::exchange(asked, true)) return std::nullopt;
    return BatchRequest{1, {7, 2}};
  };
  auto memory = std::make_shared<std::vector<std::uint8_t>>(2 * 2 * 64);
  setup.buffers = {memory->data(), memory->data() + 2 * 64};
  setup.memory = memory;
  setup.threads = 1;
  return setup;
}

TEST(BatchLoader, SaysInWhichFileItWaitsAndGoesOnWhenTheDataCome) {
  const auto images = std::make_shared<HeldImages>(16);
  auto setup = patient_setup(images);
  setup.patience = std::chrono::milliseconds(1);
  std::vector<std::string> log;
  setup.log = [&](const std::string& line) {
    log.push_back(line);
    if (log.size() < 2) return;
    images->released = true;
    images->released.notify_all();
  };
  BatchLoader loader(std::move(setup));
  const auto batch = loader.next();
  ASSERT_TRUE(batch.ok() && batch->has_value());
  EXPECT_EQ((*batch)->indices, (std::vector<std::int64_t>{7, 2}));
  ASSERT_EQ(log.size(), 2U);
  for (const auto& line : log)
    EXPECT_TRUE(line.starts_with("waiting for data for ") && line.ends_with(" s in number 7")) << line;
  EXPECT_FALSE(loader.gave_up());
}

TEST(BatchLoader, AStopDoesNotWaitForADiskThatDoesNotAnswer) {
  const auto images = std::make_shared<HeldImages>(16);
  auto setup = patient_setup(images);
  setup.should_stop = [] { return true; };
  {
    BatchLoader loader(std::move(setup));
    const auto batch = loader.next();
    ASSERT_TRUE(batch.ok());
    EXPECT_FALSE(batch->has_value());
    EXPECT_TRUE(loader.gave_up());
    while (images->waiting == 0) std::this_thread::yield();
  }
  EXPECT_EQ(images->waiting, 1) << "the thread is still held, and what it uses is there";
  images->released = true;
  images->released.notify_all();
  while (images->waiting != 0 || images.use_count() > 1) std::this_thread::yield();
}

TEST(BatchLoader, EndsAtOnceWhereNobodyTakesItsBatches) {
  for (int i = 0; i < 20; ++i)
    LoaderRun({.images = std::make_shared<NumberedImages>(64), .threads = i % 4 + 1});
}

}  // namespace
}  // namespace spin
