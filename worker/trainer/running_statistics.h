#pragma once

#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/design/inventory.h"
#include "worker/trainer/tensor_file.h"

namespace spin {

/// Running mean or variance of one BatchNorm of every block: each layer's own, or one per group.
class RunningStatistics {
 public:
  RunningStatistics(const TensorSpec& spec, const Train& config);

  /// [C]; layers of a group that shares get the same memory.
  [[nodiscard]] torch::Tensor of(std::size_t layer) const;

  /// [n, C]: all of them.
  [[nodiscard]] NamedTensor buffer() const { return {spec_.file_name(), all_}; }
  /// By group or layer, as views.
  [[nodiscard]] std::vector<NamedTensor> each() const;

  /// From a file of the same network; where fusion starts from the unshared network, a group takes the mean
  /// over its layers (choose_first: the first layer's). data_loss names the tensor at fault.
  Status load(const TensorFile& file, const std::string& file_name);

 private:
  [[nodiscard]] std::vector<std::size_t> sources(std::size_t index) const;

  TensorSpec spec_;
  bool is_shared_;
  FusionStrategy fusion_;
  Topology topology_;
  torch::Tensor all_;
};

}  // namespace spin
