#include "worker/trainer/batches.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "worker/trainer/data/batch_loader.h"
#include "worker/trainer/data/training_steps.h"
#include "worker/trainer/event_log.h"
#include "worker/trainer/randaugment.h"

namespace spin {
namespace {

// Batches that are loaded ahead: as many as fit into this, at least the one that fills and the one in use.
constexpr std::int64_t kBufferBytes = std::int64_t{128} << 20;
constexpr std::int64_t kMostBuffers = 8;

/// Bytes of pixels to what a network takes.
class Normaliser {
 public:
  Normaliser(const PixelStatistics& pixels, int resolution, torch::Device device) : resolution_(resolution) {
    std::vector<double> scale, shift;
    for (std::size_t c = 0; c < pixels.mean.size(); ++c) {
      scale.push_back(1 / (255 * pixels.deviation[c]));
      shift.push_back(pixels.mean[c] / pixels.deviation[c]);
    }
    scale_ = torch::tensor(scale, torch::kFloat).to(device);
    shift_ = torch::tensor(shift, torch::kFloat).to(device);
  }

  /// images [N, H, W, C] uint8 -> [N, C, R, R] float, channels-last
  [[nodiscard]] torch::Tensor operator()(const torch::Tensor& images) const {
    auto x = images.to(scale_.device()).to(torch::kFloat);
    x.mul_(scale_).sub_(shift_);
    x = x.permute({0, 3, 1, 2});
    if (x.size(2) == resolution_) return x;
    // Antialiased, as resize() does it; where the image grows, both give the same.
    return torch::_upsample_bilinear2d_aa(x, {resolution_, resolution_}, /*align_corners=*/false)
        .contiguous(torch::MemoryFormat::ChannelsLast);
  }

 private:
  int resolution_;
  torch::Tensor scale_, shift_;  // [C]
};

/// Images that lie on the device and need nothing done to them one by one.
class ResidentTraining : public BatchStream {
 public:
  ResidentTraining(const ImageData& data, const Train& config, std::int64_t first_step)
      : split_(data.train),
        normalise_(data.pixels, config.network.resolution, data.train.labels.device()),
        steps_(config, data.train.size(), first_step) {}

  Result<std::optional<Batch>> next() override {
    if (steps_.at_end()) return std::optional<Batch>();
    if (steps_.epoch() != epoch_) {
      epoch_ = steps_.epoch();
      order_ = torch::tensor(steps_.order(), torch::kLong).to(split_.labels.device());
    }
    const auto indices = order_.narrow(0, steps_.offset(), steps_.batch_size());
    steps_.advance();
    return std::optional(
        Batch{normalise_(split_.images.index_select(0, indices)), split_.labels.index_select(0, indices)});
  }

 private:
  Split split_;
  Normaliser normalise_;
  TrainingSteps steps_;
  std::int64_t epoch_ = 0;
  torch::Tensor order_;  // [images] int64, of epoch_
};

class ResidentEvaluation : public BatchStream {
 public:
  ResidentEvaluation(const ImageData& data, const Train& config, std::int64_t batch_size)
      : split_(data.eval),
        normalise_(data.pixels, config.network.resolution, data.eval.labels.device()),
        batch_size_(batch_size) {}

  Result<std::optional<Batch>> next() override {
    const auto count = std::min(batch_size_, split_.size() - begin_);
    if (count <= 0) return std::optional<Batch>();
    Batch batch{normalise_(split_.images.narrow(0, begin_, count)), split_.labels.narrow(0, begin_, count)};
    begin_ += count;
    return std::optional(std::move(batch));
  }

 private:
  Split split_;
  Normaliser normalise_;
  std::int64_t batch_size_;
  std::int64_t begin_ = 0;
};

/// Images that threads read, crop and change one by one.
class LoadedBatches : public BatchStream {
 public:
  LoadedBatches(const Split& split, Normaliser normalise, std::int64_t batch_size, BatchLoader::Setup setup)
      : labels_(split.labels.cpu()),
        device_(split.labels.device()),
        normalise_(std::move(normalise)),
        buffers_(make_buffers(setup, batch_size, device_)),
        loader_(with_buffers(std::move(setup), buffers_)) {}

  Result<std::optional<Batch>> next() override {
    for (;;) {
      SPIN_ASSIGN(auto loaded, loader_.next());
      if (!loaded) return std::optional<Batch>();
      if (!loaded->indices.empty()) return std::optional(to_batch(*loaded));
    }
  }

  [[nodiscard]] bool gave_up() const override { return loader_.gave_up(); }

 private:
  /// [buffers, batch, resolution, resolution, channels]; in page-locked memory where a GPU copies from it.
  static torch::Tensor make_buffers(const BatchLoader::Setup& setup, std::int64_t batch_size,
                                    torch::Device device) {
    const std::int64_t side = setup.transform.resolution;
    const std::int64_t channels = setup.images->channels();
    const auto bytes = batch_size * side * side * channels;
    const auto count = std::clamp(kBufferBytes / bytes, std::int64_t{2}, kMostBuffers);
    return torch::empty({count, batch_size, side, side, channels},
                        torch::TensorOptions(torch::kByte).pinned_memory(device.is_cuda()));
  }

  static BatchLoader::Setup with_buffers(BatchLoader::Setup setup, const torch::Tensor& buffers) {
    for (std::int64_t i = 0; i < buffers.size(0); ++i)
      setup.buffers.push_back(buffers.data_ptr<std::uint8_t>() + i * buffers.stride(0));
    setup.memory = std::make_shared<torch::Tensor>(buffers);
    return setup;
  }

  Batch to_batch(const BatchLoader::Batch& loaded) const {
    const auto count = static_cast<std::int64_t>(loaded.indices.size());
    const auto pixels =
        torch::from_blob(const_cast<std::uint8_t*>(loaded.pixels),
                         {count, buffers_.size(2), buffers_.size(3), buffers_.size(4)}, torch::kByte);
    const auto indices = torch::tensor(loaded.indices, torch::kLong);
    return {normalise_(pixels), labels_.index_select(0, indices).to(device_)};
  }

  torch::Tensor labels_;  // [N] int64 on the CPU
  torch::Device device_;
  Normaliser normalise_;
  torch::Tensor buffers_;
  BatchLoader loader_;
};

std::shared_ptr<const ImageSource> image_source(const Split& split) {
  if (split.files) return split.files;
  auto held = std::make_shared<torch::Tensor>(split.images.cpu().contiguous());
  std::shared_ptr<const std::uint8_t> pixels(held, held->data_ptr<std::uint8_t>());
  return std::make_shared<MemoryImages>(std::move(pixels), held->size(0), static_cast<int>(held->size(1)),
                                        static_cast<int>(held->size(2)), static_cast<int>(held->size(3)));
}

/// What becomes of an image of `split` where nothing is left to chance.
ImageTransform plain_transform(const Split& split, const Train& config) {
  ImageTransform transform;
  transform.resolution = split.files ? config.network.resolution : static_cast<int>(split.images.size(1));
  transform.frame = split.files ? ImageTransform::Frame::centre : ImageTransform::Frame::whole;
  return transform;
}

/// The mean of the training pixels, which normalising makes 0.
Colour mean_colour(const PixelStatistics& pixels) {
  Colour colour{};
  for (std::size_t c = 0; c < pixels.mean.size() && c < colour.size(); ++c)
    colour[c] = static_cast<std::uint8_t>(std::clamp<long>(std::lround(255 * pixels.mean[c]), 0, 255));
  return colour;
}

ImageTransform training_transform(const Split& split, const PixelStatistics& pixels, const Train& config) {
  const auto& training = config.training;
  auto transform = plain_transform(split, config);
  transform.crop = training.crop;
  transform.crop_padding = training.crop_padding;
  transform.crop_scale = training.crop_scale;
  transform.flip = training.flip;
  transform.seed = config.seed;
  if (const auto& settings = training.randaugment)
    transform.change = [settings, outside = mean_colour(pixels)](ByteImage& image, Random& random) {
      rand_augment(image, *settings, outside, random);
    };
  if (transform.crop == Crop::random_resized) transform.resolution = config.network.resolution;
  return transform;
}

bool changes_images(const Training& training) {
  return training.crop != Crop::none || training.flip > 0 || training.randaugment;
}

/// Gives the batches of the training steps to a loader.
class TrainingRequests {
 public:
  explicit TrainingRequests(TrainingSteps steps) : steps_(std::move(steps)) {}

  std::optional<BatchRequest> operator()() {
    if (steps_.at_end()) return std::nullopt;
    if (steps_.epoch() != epoch_) {
      epoch_ = steps_.epoch();
      order_ = steps_.order();
    }
    const auto first = order_.begin() + steps_.offset();
    BatchRequest request{epoch_, {first, first + steps_.batch_size()}, steps_.copies()};
    steps_.advance();
    return request;
  }

 private:
  TrainingSteps steps_;
  std::int64_t epoch_ = 0;
  std::vector<std::int64_t> order_;  // of epoch_
};

/// One image after the other, once.
class EvaluationRequests {
 public:
  EvaluationRequests(std::int64_t images, std::int64_t batch_size)
      : images_(images), batch_size_(batch_size) {}

  std::optional<BatchRequest> operator()() {
    if (begin_ == images_) return std::nullopt;
    BatchRequest request;
    const auto end = std::min(begin_ + batch_size_, images_);
    while (begin_ < end) request.indices.push_back(begin_++);
    return request;
  }

 private:
  std::int64_t images_, batch_size_;
  std::int64_t begin_ = 0;
};

}  // namespace

std::unique_ptr<BatchStream> training_batches(const ImageData& data, const Train& config,
                                              std::int64_t first_step, int threads,
                                              std::function<bool()> should_stop) {
  const auto& split = data.train;
  if (!split.files && !changes_images(config.training))
    return std::make_unique<ResidentTraining>(data, config, first_step);
  BatchLoader::Setup setup;
  setup.images = image_source(split);
  setup.damaged = split.damaged;
  setup.transform = training_transform(split, data.pixels, config);
  setup.on_damage = OnDamage::take_next;
  setup.next_request = TrainingRequests(TrainingSteps(config, split.size(), first_step));
  setup.threads = threads;
  setup.should_stop = std::move(should_stop);
  setup.log = log_line;
  return std::make_unique<LoadedBatches>(
      split, Normaliser(data.pixels, config.network.resolution, split.labels.device()),
      config.training.batch_size, std::move(setup));
}

std::unique_ptr<BatchStream> evaluation_batches(const ImageData& data, const Train& config,
                                                std::int64_t batch_size, int threads,
                                                std::function<bool()> should_stop) {
  const auto& split = data.eval;
  if (!split.files) return std::make_unique<ResidentEvaluation>(data, config, batch_size);
  BatchLoader::Setup setup;
  setup.images = image_source(split);
  setup.damaged = split.damaged;
  setup.transform = plain_transform(split, config);
  setup.on_damage = OnDamage::leave_out;
  setup.next_request = EvaluationRequests(split.size(), batch_size);
  setup.threads = threads;
  setup.should_stop = std::move(should_stop);
  setup.log = log_line;
  return std::make_unique<LoadedBatches>(
      split, Normaliser(data.pixels, config.network.resolution, split.labels.device()), batch_size,
      std::move(setup));
}

}  // namespace spin
