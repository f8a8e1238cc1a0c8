#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/design/config.h"
#include "worker/trainer/tensor_file.h"

namespace spin {

/// Running mean and variance of one BatchNorm of every layer: each layer's own, or one pair per group.
class RunningStatistics {
 public:
  /// Tensors are named NAME.INDEX.norm.mean and NAME.INDEX.norm.variance.
  RunningStatistics(std::string name, std::int64_t channels, bool shared, const JobConfig& config);

  /// [C]; layers of a group that shares get the same tensor.
  [[nodiscard]] const torch::Tensor& mean(std::size_t layer) const { return means_[index(layer)]; }
  [[nodiscard]] const torch::Tensor& variance(std::size_t layer) const { return variances_[index(layer)]; }

  [[nodiscard]] std::vector<NamedTensor> entries() const;

  /// From a file of the same network; where fusion starts from the unshared network, a group takes the mean
  /// over its layers (choose_first: the first layer's). data_loss names the tensor at fault.
  Status load(const TensorFile& file, const std::string& file_name);

 private:
  [[nodiscard]] std::size_t index(std::size_t layer) const;
  [[nodiscard]] std::string tensor_name(std::size_t index, const char* kind) const;
  [[nodiscard]] std::vector<std::size_t> sources(std::size_t index) const;

  std::string name_;
  bool shared_;
  FusionStrategy fusion_;
  Topology topology_;
  std::vector<torch::Tensor> means_, variances_;
};

}  // namespace spin
