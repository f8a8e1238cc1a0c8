#pragma once

#include <string>
#include <vector>

#include <torch/torch.h>

#include "worker/trainer/parameters.h"
#include "worker/trainer/tensor_file.h"

namespace spin {

/// A second copy of all that a network computes with, its parameters and the running statistics of its norms:
/// the average over the steps, or the weights of the best epoch. The network outlives it.
class WeightCopy {
 public:
  /// Copies the network. `buffers` are its running statistics, shared with it.
  WeightCopy(FlatParameters& network, std::vector<NamedTensor> buffers);

  /// Network into copy.
  void store();
  /// Copy into network.
  void load();
  void exchange();
  /// Each number becomes decay * itself + (1 - decay) * the network's.
  void average(double decay);

  /// Named PREFIX.parameters (flat, in their layout) and PREFIX.BUFFER, shared with the copy.
  [[nodiscard]] std::vector<NamedTensor> tensors(const std::string& prefix) const;

 private:
  std::vector<std::string> names_;
  // In step with the names: the flat parameters, then each buffer.
  std::vector<torch::Tensor> originals_;
  std::vector<torch::Tensor> copies_;
};

}  // namespace spin
