#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <torch/torch.h>

#include "schema/base/result.h"
#include "schema/design/config.h"
#include "worker/trainer/dataset.h"

namespace spin {

/// A batch ready for the network: pixels normalised, at the network's resolution.
struct Batch {
  torch::Tensor images;  // [N, C, R, R] float, channels-last, on the device that trains
  torch::Tensor labels;  // [N] int64, there too
};

/// Gives batches in order. Where images are decoded or changed one by one, threads of its own work ahead, a
/// bounded number of batches; they end with it. Use it on the thread that trains.
class BatchStream {
 public:
  BatchStream() = default;
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;
  virtual ~BatchStream() = default;

  /// The next batch, whose tensors are the caller's; nothing after the last one, or where `should_stop` said
  /// so while files were waited for. data_loss where more images
  /// are damaged than may be passed over, naming the first of them.
  virtual Result<std::optional<Batch>> next() = 0;
  /// Whether that was why it ended: `should_stop` said so.
  [[nodiscard]] virtual bool gave_up() const { return false; }
};

/// The training batches from step `first_step` (0-based, counted over all epochs) to the last step of the
/// last epoch, cropped, flipped and changed by RandAugment as `config.training` says: the same batches for
/// any number of `threads`, whichever step the stream begins at. A damaged image is replaced by the next one
/// that is not, in the order of the data set. Precondition: steps_per_epoch() > 0.
std::unique_ptr<BatchStream> training_batches(const ImageData& data, const Train& config,
                                              std::int64_t first_step, int threads,
                                              std::function<bool()> should_stop = {});

/// The evaluation images once, in the order of the data set, `batch_size` at a time. A damaged image is left
/// out, so a batch may be smaller, though never empty; data_loss where not one image could be read.
std::unique_ptr<BatchStream> evaluation_batches(const ImageData& data, const Train& config,
                                                std::int64_t batch_size, int threads,
                                                std::function<bool()> should_stop = {});

}  // namespace spin
