#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/base/result.h"
#include "schema/design/dataset.h"

namespace spin {

/// Images and labels of one split, on the device that trains.
struct Split {
  torch::Tensor images;  // [N, H, W, C] uint8
  torch::Tensor labels;  // [N] int64
  [[nodiscard]] std::int64_t size() const { return labels.size(0); }
  /// The first `limit` images; all where it is 0 or larger than there are.
  [[nodiscard]] Split first(std::int64_t limit) const;
};

/// Mean and standard deviation of the training pixels, in units of full brightness.
struct PixelStatistics {
  double mean = 0;
  double deviation = 1;
};

struct ImageData {
  Split train;
  Split eval;
  PixelStatistics pixels;
};

/// A batch ready for the network: pixels normalised, resized where the network wants another resolution.
struct Batch {
  torch::Tensor images;  // [N, C, R, R] float, channels-last
  torch::Tensor labels;  // [N] int64
};

Batch gather_batch(const Split& split, const torch::Tensor& indices, PixelStatistics pixels, int resolution);
/// Images `begin` to `end`.
Batch slice_batch(const Split& split, std::int64_t begin, std::int64_t end, PixelStatistics pixels,
                  int resolution);

/// Data sets in memory. It keeps the one used last, so that a warm trainer reads files once.
class DataStore {
 public:
  explicit DataStore(torch::Device device) : device_(device) {}

  /// The data of `dataset`, limits applied. `folder` holds the files, or has a subfolder of the data set's
  /// name that does; empty = the configuration's root, or where the data usually lies. not_found lists what
  /// was looked for; data_loss where a file is damaged or files do not fit together; unsupported for other
  /// data sets.
  Result<ImageData> load(const Dataset& dataset, const std::string& folder);

 private:
  torch::Device device_;
  std::string key_;  // path, size and time of change of each file of `data_`
  ImageData data_;   // without limits
};

}  // namespace spin
