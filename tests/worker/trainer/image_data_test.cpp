// Image files, CIFAR and synthetic data on their way into training: batches and whole jobs.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "schema/data/data_state.h"
#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/data/image_writers.h"
#include "tests/worker/trainer/fixtures.h"
#include "worker/trainer/batches.h"
#include "worker/trainer/data/crop_view.h"
#include "worker/trainer/data/resize.h"
#include "worker/trainer/data_speed.h"
#include "worker/trainer/event_log.h"
#include "worker/trainer/job_runner.h"

namespace spin {
namespace {

/// Three classes of photographs of about 40 pixels, the network at 28.
Train folder_config(const std::string& root) {
  auto config = tiny_config();
  config.dataset = {"imagefolder", root, 0, 0, {3, 3, 224, 0, 0}, "pictures"};
  return config;
}

class ImageFolderJobs : public ::testing::Test {
 protected:
  void SetUp() override { write_image_folder(root(), {"blue", "green", "red"}, 120, 30, 36); }
  std::filesystem::path root() const { return folder_ / "images"; }

  Result<ImageData> load() { return DataStore(torch::kCPU).load(folder_config(root().string()).dataset, ""); }
  JobEnd run(const Train& config) {
    RunCommand command;
    command.config = config_text(config);
    command.root = config.dataset.root;
    const std::atomic<StopRequest> stop = StopRequest::none;
    JobRunner runner({}, [&](const TrainerEvent& event) { events_.push_back(event); });
    return runner.run(command, stop);
  }
  void expect_the_same_batches(int repeats);
  template <class Event>
  const Event& last() {
    return std::get<Event>(events_.back());
  }
  TempFolder folder_;
  std::vector<TrainerEvent> events_;
};

std::vector<Batch> all_batches(std::unique_ptr<BatchStream> stream) {
  std::vector<Batch> batches;
  for (;;) {
    auto batch = stream->next();
    EXPECT_TRUE(batch.ok()) << batch.error().message;
    if (!batch.ok() || !*batch) return batches;
    batches.push_back(**batch);
  }
}

TEST_F(ImageFolderJobs, TrainAndAreEvaluated) {
  auto config = folder_config(root().string());
  config.training.crop = Crop::random_resized;
  config.training.crop_scale = 0.3;
  config.training.flip = 0.5;
  config.training.batch_size = 8;
  config.training.epochs = 6;
  ASSERT_EQ(run(config), JobEnd::finished) << last<FailedEvent>().message;
  EXPECT_GT(last<FinishedEvent>().result.values[Metric::top1], 80);
}

TEST_F(ImageFolderJobs, RepeatedAugmentationShowsEachImageSeveralTimesInARow) {
  auto config = folder_config(root().string());
  config.training.crop = Crop::random_resized;
  config.training.batch_size = 15;
  const auto data = load();
  ASSERT_TRUE(data.ok()) << data.error().message;
  const auto once = all_batches(training_batches(*data, config, 0, 1));
  config.training.repeated_augmentation = 3;
  const auto thrice = all_batches(training_batches(*data, config, 0, 2));
  ASSERT_EQ(thrice.size(), once.size()) << "an epoch has as many steps, and sees a third of the images";
  for (std::int64_t image = 0; image < 5; ++image) {
    const auto copies = thrice[0].images.narrow(0, 3 * image, 3);
    EXPECT_TRUE(thrice[0].labels.narrow(0, 3 * image, 3).eq(once[0].labels[image]).all().item<bool>())
        << image;
    EXPECT_TRUE(copies[0].equal(once[0].images[image]))
        << image << ": the first copy is cropped as the only one";
    EXPECT_FALSE(copies[0].equal(copies[1]) || copies[0].equal(copies[2]) || copies[1].equal(copies[2]))
        << image;
  }
  EXPECT_TRUE(thrice[1].images[0].equal(once[0].images[5])) << "the next batch goes on with the next image";
}

TEST_F(ImageFolderJobs, BatchesAreTheSameForAnyNumberOfThreadsAndAnyFirstStep) {
  for (const int repeats : {1, 3}) expect_the_same_batches(repeats);
}

void ImageFolderJobs::expect_the_same_batches(int repeats) {
  auto config = folder_config(root().string());
  config.training.repeated_augmentation = repeats;
  config.training.crop = Crop::random_resized;
  config.training.flip = 0.5;
  config.training.randaugment = RandAugment{2, 9};
  config.training.epochs = 2;
  const auto data = load();
  ASSERT_TRUE(data.ok()) << data.error().message;
  const auto reference = all_batches(training_batches(*data, config, 0, 1));
  ASSERT_EQ(reference.size(), 14U);  // 120 / 16 = 7 an epoch
  EXPECT_FALSE(reference[0].images.equal(reference[7].images));
  for (const int threads : {2, 3})
    for (const std::int64_t first : {0, 5, 7}) {
      const auto batches = all_batches(training_batches(*data, config, first, threads));
      ASSERT_EQ(batches.size(), reference.size() - static_cast<std::size_t>(first));
      for (std::size_t i = 0; i < batches.size(); ++i) {
        const auto& expected = reference[i + static_cast<std::size_t>(first)];
        EXPECT_TRUE(batches[i].images.equal(expected.images) && batches[i].labels.equal(expected.labels));
      }
    }
}

TEST_F(ImageFolderJobs, EvaluationGivesEveryImageOnceNormalised) {
  const auto data = load();
  ASSERT_TRUE(data.ok());
  const auto batches = all_batches(evaluation_batches(*data, folder_config(""), 8, 2));
  ASSERT_EQ(batches.size(), 4U);
  EXPECT_EQ(batches[0].images.sizes(), torch::IntArrayRef({8, 3, 28, 28}));
  EXPECT_TRUE(batches[0].images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(batches[3].labels.size(0), 6);
  EXPECT_TRUE(torch::cat({batches[0].labels, batches[1].labels, batches[2].labels, batches[3].labels})
                  .equal(data->eval.labels));
  // The middle of the first photograph by hand: bytes of its red channel, which is the bright one.
  const auto image = data->eval.files->read(0, [](int width, int height) {
    return View{{width / 2.0 - 4, height / 2.0 - 4, 8, 8}, 8, 8};
  });
  ASSERT_TRUE(image.ok());
  const double red = batches[0].images[0][0].slice(0, 10, 18).slice(1, 10, 18).mean().item<double>();
  EXPECT_GT(red, (100 / 255.0 - 0.485) / 0.229);
}

TEST_F(ImageFolderJobs, FewDamagedImagesArePassedOver) {
  write_bytes(root() / "train" / "red" / "image_2.jpg", "plain text");
  write_bytes(root() / "val" / "red" / "image_2.jpg", "");
  ASSERT_EQ(run(folder_config(root().string())), JobEnd::finished) << last<FailedEvent>().message;
  const auto data = load();
  ASSERT_TRUE(data.ok());
  std::int64_t images = 0;
  for (const auto& batch : all_batches(evaluation_batches(*data, folder_config(""), 8, 2)))
    images += batch.labels.size(0);
  EXPECT_EQ(images, 29);
  EXPECT_EQ(data->eval.damaged->count(), 1);
}

TEST_F(ImageFolderJobs, ManyDamagedImagesFailTheJobByName) {
  for (int i = 0; i < 120; i += 3)
    write_bytes(root() / "train" / "blue" / ("image_" + std::to_string(i) + ".jpg"), "x");
  ASSERT_EQ(run(folder_config(root().string())), JobEnd::failed);
  const auto& message = last<FailedEvent>().message;
  EXPECT_NE(message.find("11 of 120 images are damaged, more than the 10"), std::string::npos) << message;
  EXPECT_NE(message.find("train/blue/image_"), std::string::npos) << message;
  EXPECT_NE(message.find("(neither a JPEG nor a PNG file)"), std::string::npos) << message;
}

TEST_F(ImageFolderJobs, AFifoNamedLikeAPictureIsPassedOverByName) {
  ASSERT_EQ(mkfifo((root() / "train/red/zz.jpg").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((root() / "val/red/zz.jpg").c_str(), 0600), 0);
  testing::internal::CaptureStderr();
  const auto end = run(folder_config(root().string()));
  const auto log = testing::internal::GetCapturedStderr();
  ASSERT_EQ(end, JobEnd::finished) << last<FailedEvent>().message;
  EXPECT_NE(log.find("passed over: " + (root() / "val/red/zz.jpg").string() +
                     ": a FIFO, where a regular file was expected\n"),
            std::string::npos)
      << log;
  EXPECT_EQ(last<FinishedEvent>().eval_images, 30) << "the FIFO does not count";
}

TEST_F(ImageFolderJobs, TheLogNamesTheFolderThatJudgesAndTheResultItsSize) {
  std::filesystem::rename(root() / "val", root() / "valid");
  write_image(root() / "test/red/one.jpg", jpeg_bytes(gradient_image(9, 9)));
  auto config = folder_config(root().string());
  config.dataset.train_limit = 60;
  testing::internal::CaptureStderr();
  const auto end = run(config);
  const auto log = testing::internal::GetCapturedStderr();
  ASSERT_EQ(end, JobEnd::finished) << last<FailedEvent>().message;
  EXPECT_NE(log.find("data: trains on 60 of 120 images of " + (root() / "train").string() +
                     "; 30 images of " + (root() / "valid").string() + " judge\n"),
            std::string::npos)
      << log;
  EXPECT_NE(log.find((root() / "test").string() + " is there, too, and stays unread\n"), std::string::npos)
      << log;
  EXPECT_EQ(last<FinishedEvent>().train_images, 60);
  EXPECT_EQ(last<FinishedEvent>().eval_images, 30);
  EXPECT_NE(describe(events_.back()).find(" % of 30 images after "), std::string::npos);
}

TEST_F(ImageFolderJobs, ResultsAndCheckpointsSayWhatTheyWereTrainedOn) {
  auto config = folder_config(root().string());
  config.training.epochs = 2;
  RunCommand command;
  command.config = config_text(config);
  command.root = config.dataset.root;
  command.outputs[ArtifactKind::checkpoint] = (folder_ / "checkpoint").string();
  command.checkpoint_seconds = 0;
  const std::atomic<StopRequest> stop = StopRequest::none;
  JobRunner runner({}, [&](const TrainerEvent& event) { events_.push_back(event); });
  const auto log_of_run = [&] {
    events_.clear();
    testing::internal::CaptureStderr();
    const auto end = runner.run(command, stop);
    auto log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(end, JobEnd::finished) << log;
    return log;
  };
  const auto before = data_state(config.dataset, "").value();
  EXPECT_NE(log_of_run().find("data: imagefolder pictures is " + before.summary), std::string::npos);
  EXPECT_EQ(std::get<StartedEvent>(events_.front()).data, before);
  EXPECT_EQ(last<FinishedEvent>().result.data, before);

  set_input(command, InputRole::resume, command.outputs[ArtifactKind::checkpoint]);
  EXPECT_EQ(log_of_run().find("OTHER DATA"), std::string::npos);
  // In place, so that the folder looks as it did.
  write_image(root() / "train/red/image_2.jpg", jpeg_bytes(gradient_image(30, 30)));
  const auto now = data_state(config.dataset, "").value();
  EXPECT_NE(log_of_run().find("WARNING: OTHER DATA: the checkpoint was trained on data of the fingerprint " +
                              before.fingerprint + "; they are " + now.summary + ", " + now.fingerprint),
            std::string::npos);
  EXPECT_EQ(last<FinishedEvent>().result.data, now);
}

TEST_F(ImageFolderJobs, AFileNameWritesNoLinesOfItsOwn) {
  const std::string name = "clear\x1b[2J\x1b[31mred\nspin-train: finished top-1 100 caf\xe9.jpg";
  write_image(root() / "train/red" / name, "broken");
  testing::internal::CaptureStderr();
  const auto end = run(folder_config(root().string()));
  const auto log = testing::internal::GetCapturedStderr();
  ASSERT_EQ(end, JobEnd::finished) << last<FailedEvent>().message;
  EXPECT_NE(
      log.find("clear\\x1b[2J\\x1b[31mred\\nspin-train: finished top-1 100 caf\\xe9.jpg: neither a JPEG"),
      std::string::npos)
      << log;
  EXPECT_EQ(log.find('\x1b'), std::string::npos);
  EXPECT_EQ(log.find("\nspin-train: finished top-1 100"), std::string::npos);
}

TEST(EventLog, AMessageThatQuotesAnyBytesIsOneLineOfUtf8) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  emit(FailedEvent{"caf\xe9 \x1b[2J\nspin-train: finished \xe2\x80\xaegpj.exe"});
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "spin-train: failed: caf\\xe9 \\x1b[2J\\nspin-train: finished \\u202egpj.exe\n");
  const auto event = event_from_line(testing::internal::GetCapturedStdout());
  ASSERT_TRUE(event.ok()) << event.error().message;
  EXPECT_EQ(std::get<FailedEvent>(*event).message, "caf\\xe9 \\x1b[2J\\nspin-train: finished \\u202egpj.exe");
}

TEST_F(ImageFolderJobs, AnotherNumberOfClassesFailsTheJob) {
  auto config = folder_config(root().string());
  config.dataset.facts.classes = 10;
  ASSERT_EQ(run(config), JobEnd::failed);
  EXPECT_NE(last<FailedEvent>().message.find("holds 3 class folders where dataset.classes is 10"),
            std::string::npos);
}

TEST_F(ImageFolderJobs, TheListingIsReadAgainWhenFilesComeAndLimitsAreBalanced) {
  DataStore store(torch::kCPU);
  auto dataset = folder_config(root().string()).dataset;
  const auto first = store.load(dataset, "");
  ASSERT_TRUE(first.ok());
  write_image(root() / "train" / "red" / "more.jpg", jpeg_bytes(gradient_image(9, 9)));
  dataset.train_limit = 6;
  const auto limited = store.load(dataset, "");
  ASSERT_TRUE(limited.ok());
  EXPECT_TRUE(limited->train.labels.equal(torch::tensor({0, 0, 1, 1, 2, 2}, torch::kLong)));
  dataset.train_limit = 0;
  const auto all = store.load(dataset, "");
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->train.size(), 121);
}

TEST_F(ImageFolderJobs, MeasuringTheDataTakesOneEpoch) {
  auto config = folder_config(root().string());
  write_bytes(root() / "train" / "red" / "image_2.jpg", "plain text");
  Runtime runtime;
  runtime.threads = 2;
  const auto speed = measure_data(config, "", runtime);
  ASSERT_TRUE(speed.ok()) << speed.error().message;
  EXPECT_EQ(speed->at("images"), 112);
  EXPECT_EQ(speed->at("threads"), 2);
  config.training.batch_size = 1000;
  EXPECT_FALSE(measure_data(config, "", runtime).ok());
}

/// Loads Fashion-MNIST files of the fixtures.
Result<ImageData> load_grey(const TempFolder& folder) {
  write_dataset(folder.path(), 64, 10);
  return DataStore(torch::kCPU).load(tiny_config().dataset, folder.path().string());
}

TEST(ImagesInMemory, ThreadsAndDeviceMakeTheSameBatches) {
  TempFolder folder;
  const auto data = load_grey(folder);
  ASSERT_TRUE(data.ok());
  for (const int resolution : {28, 35}) {
    auto config = tiny_config();
    config.network.resolution = resolution;
    const auto plain = all_batches(training_batches(*data, config, 0, 1));
    config.training.flip = 1;  // one by one, on threads
    const auto flipped = all_batches(training_batches(*data, config, 0, 2));
    ASSERT_EQ(plain.size(), 12U);
    ASSERT_EQ(flipped.size(), 12U);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_TRUE(flipped[i].labels.equal(plain[i].labels));
      EXPECT_TRUE(torch::allclose(flipped[i].images.flip({3}), plain[i].images, 0, 1e-5));
    }
  }
}

TEST(ImagesInMemory, ShrinkAsCroppedOnesDo) {
  TempFolder folder;
  const auto data = load_grey(folder);
  ASSERT_TRUE(data.ok());
  auto config = tiny_config();
  config.network.resolution = 14;
  const auto evaluated = all_batches(evaluation_batches(*data, config, 10, 1)).at(0);
  ASSERT_EQ(evaluated.images.sizes(), torch::IntArrayRef({10, 1, 14, 14}));
  EXPECT_TRUE(evaluated.images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  const auto image = data->eval.images[3].to(torch::kDouble);  // [28, 28, 1]
  // By hand, at half the size: a triangle of two pixels to each side, at distances of 1.5, 0.5, 0.5 and 1.5.
  const double weights[] = {0.125, 0.375, 0.375, 0.125};
  double sum = 0;
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x) sum += weights[y] * weights[x] * image[9 + y][11 + x][0].item<double>();
  EXPECT_NEAR(evaluated.images[3][0][5][6].item<double>(), (sum / 255 - 0.2860) / 0.3530, 1e-4);
  // And everywhere as the bytes of a crop are resized, but for their rounding.
  const auto bytes = data->eval.images[3].contiguous();
  const ByteImage source{
      28, 28, 1, {bytes.data_ptr<std::uint8_t>(), bytes.data_ptr<std::uint8_t>() + 28 * 28}};
  const auto small = resize(source, whole_view(28, 28, 14));
  for (int y = 0; y < 14; ++y)
    for (int x = 0; x < 14; ++x)
      EXPECT_NEAR(evaluated.images[3][0][y][x].item<double>() * 0.3530 * 255 + 0.2860 * 255, small.row(y)[x],
                  1.01);
}

TEST(ImagesInMemory, OtherLabelsOfASplitReachItsBatches) {
  TempFolder folder;
  auto data = load_grey(folder);
  ASSERT_TRUE(data.ok());
  data->train.labels = torch::full_like(data->train.labels, 7);
  auto config = tiny_config();
  for (const double flip : {0.0, 0.5}) {
    config.training.flip = flip;
    for (const auto& batch : all_batches(training_batches(*data, config, 0, 1)))
      EXPECT_TRUE(batch.labels.eq(7).all().item<bool>());
  }
}

TEST(ImagesInMemory, RandomResizedCropsComeAtTheNetworksResolution) {
  TempFolder folder;
  const auto data = load_grey(folder);
  ASSERT_TRUE(data.ok());
  auto config = tiny_config();
  config.network.resolution = 35;
  config.training.crop = Crop::random_resized;
  EXPECT_EQ(all_batches(training_batches(*data, config, 11, 2)).at(0).images.sizes(),
            torch::IntArrayRef({16, 1, 35, 35}));
}

class OtherDataSets : public ImageFolderJobs {};

TEST_F(OtherDataSets, SyntheticDataNeedsNoFilesAndCanBeLearnt) {
  auto config = tiny_config();
  config.dataset = {"synthetic", "", 1024, 200, {3, 4, 32, 50'000, 10'000}};
  config.network.resolution = 32;
  config.network.patch = 8;
  ASSERT_EQ(run(config), JobEnd::finished) << last<FailedEvent>().message;
  EXPECT_GT(last<FinishedEvent>().result.values[Metric::top1], 50);
}

TEST_F(OtherDataSets, CifarTrainsFromItsBinaryFiles) {
  const auto files = [&](int images) {
    std::string bytes;
    for (int i = 0; i < images; ++i) {
      bytes += static_cast<char>(i % 10);
      bytes.append(3 * 1024, static_cast<char>(i % 10 * 25));
    }
    return bytes;
  };
  for (int i = 1; i <= 5; ++i)
    write_image(folder_ / "cifar-10-batches-bin" / ("data_batch_" + std::to_string(i) + ".bin"), files(40));
  write_image(folder_ / "cifar-10-batches-bin" / "test_batch.bin", files(20));
  auto config = tiny_config();
  config.dataset = {"cifar10", folder_.path().string(), 0, 0, {3, 10, 32, 50'000, 10'000}};
  config.network.resolution = 32;
  config.network.patch = 8;
  config.training.crop = Crop::padded;
  config.training.flip = 0.5;
  ASSERT_EQ(run(config), JobEnd::finished) << last<FailedEvent>().message;
}

}  // namespace
}  // namespace spin
