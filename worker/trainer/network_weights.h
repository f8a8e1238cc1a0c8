#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "schema/design/inventory.h"
#include "worker/trainer/arithmetic.h"
#include "worker/trainer/layer_weights.h"
#include "worker/trainer/running_statistics.h"

namespace spin {

/// Names one parameter of every block.
struct LayersId {
  std::size_t value = 0;
};
/// Names weight and bias of one convolution or linear layer of every block, or of one LayerNorm.
struct WeightAndBiasId {
  LayersId weight, bias;
};
/// Names one BatchNorm of every block.
struct BatchNormsId {
  WeightAndBiasId weight_and_bias;
  std::size_t mean = 0, variance = 0;
};

/// The weights in use, layer by layer: fused and transformed. Valid until a parameter changes.
class Weights {
 public:
  explicit Weights(std::vector<std::vector<torch::Tensor>> by_kind) : by_kind_(std::move(by_kind)) {}
  [[nodiscard]] const torch::Tensor& of(LayersId kind, std::size_t layer) const {
    return by_kind_[kind.value][layer];
  }
  [[nodiscard]] WeightAndBias of(const WeightAndBiasId& kinds, std::size_t layer) const {
    return {of(kinds.weight, layer), of(kinds.bias, layer)};
  }

 private:
  std::vector<std::vector<torch::Tensor>> by_kind_;
};

/// Everything that training changes or a file of the network holds, as the inventory of the configuration
/// lists it. Initial values are drawn in that order, on the CPU, from a generator seeded with the
/// configuration's seed. Those who ask for a tensor give a name of the inventory: what has none of it throws.
class NetworkWeights {
 public:
  explicit NetworkWeights(const Train& config);

  /// Outside the blocks.
  [[nodiscard]] torch::Tensor single(std::string_view file_name) const;
  [[nodiscard]] WeightAndBias weight_and_bias(const std::string& name) const;
  [[nodiscard]] WeightAndBias layer_norm(const std::string& name) const;
  [[nodiscard]] BatchNorm batch_norm(const std::string& name) const;

  /// Of every block.
  [[nodiscard]] LayersId layers(std::string_view file_name) const;
  [[nodiscard]] WeightAndBiasId weights_and_biases(const std::string& name) const;
  [[nodiscard]] WeightAndBiasId layer_norms(const std::string& name) const;
  [[nodiscard]] BatchNormsId batch_norms(const std::string& name) const;

  /// Leaves, in the order of the layout of checkpoints.
  [[nodiscard]] std::vector<Parameter> parameters() const;
  /// Running statistics of the norms.
  [[nodiscard]] std::vector<NamedTensor> buffers() const;
  /// Moves what is not a parameter.
  void move_to(const torch::TensorOptions& options);

  /// The weights of the plain network, by kind, [n, ...] each.
  [[nodiscard]] std::vector<torch::Tensor> fused() const;
  /// The weights in use, from fused().
  [[nodiscard]] Weights by_layer(const std::vector<torch::Tensor>& fused) const;
  [[nodiscard]] BatchNorm batch_norm(const BatchNormsId& id, const Weights& weights, std::size_t layer) const;

  /// The plain shared network: no original weights, no fusion coefficients; its transforms stay. On the CPU.
  [[nodiscard]] std::vector<NamedTensor> folded() const;
  /// See Model::load.
  Status load(const TensorFile& file, const std::string& file_name);

 private:
  /// A tensor outside the blocks.
  struct Single {
    std::string name;
    torch::Tensor tensor;
    TensorRole role;
  };
  void add_singles(const std::vector<TensorSpec>& specs);
  void add_layers(const std::vector<TensorSpec>& specs);

  Train config_;
  at::Generator generator_;
  std::vector<Single> singles_;
  std::size_t singles_before_ = 0;  // the blocks
  std::vector<LayerWeights> layers_;
  std::vector<std::string> layer_names_;  // in step with them
  std::vector<RunningStatistics> statistics_;
  std::vector<std::string> statistics_names_;  // in step with them
};

}  // namespace spin
