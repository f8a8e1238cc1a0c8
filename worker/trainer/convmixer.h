#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/design/config.h"
#include "schema/design/cost.h"
#include "worker/trainer/halves.h"
#include "worker/trainer/layer_weights.h"
#include "worker/trainer/parameters.h"
#include "worker/trainer/tensor_file.h"

namespace spin {

/// ConvMixer (Trockman and Kolter, 2022) with weights shared by a topology and fused by a strategy.
///
/// Tensors are named embed.weight, depthwise.I.weight, pointwise.I.bias, depthwise.I.norm.mean, head.weight,
/// ... where I is the layer, or the group where the topology shares that weight.
class ConvMixer {
 public:
  /// The weights in use, by layer; valid until a parameter changes.
  struct Weights {
    std::vector<torch::Tensor> depthwise, depthwise_bias, pointwise, pointwise_bias;
  };

  /// Initial values are drawn from a generator seeded with the configuration's seed, always on the CPU.
  explicit ConvMixer(const JobConfig& config);
  ConvMixer(const ConvMixer&) = delete;  // norms are referred to by address
  ConvMixer& operator=(const ConvMixer&) = delete;

  /// Leaves, in the order of the layout of checkpoints.
  [[nodiscard]] std::vector<Parameter> parameters() const;
  /// Running statistics of the norms.
  [[nodiscard]] std::vector<NamedTensor> buffers() const;
  /// Moves what is not a parameter to another device or element type.
  void move_to(const torch::TensorOptions& options);

  /// Fused once; pass the result to any number of forward calls. In training, once a step.
  [[nodiscard]] Weights weights() const;
  /// images [N, Cin, R, R], channels-last -> logits [N, classes].
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images, const Weights& weights, Mode mode) const;

  /// The plain shared network: no original weights, no coefficients. On the CPU.
  [[nodiscard]] std::vector<NamedTensor> folded() const;
  /// Counted on the tensors of the folded network.
  [[nodiscard]] Cost cost() const;

  /// Fills everything but the fusion's coefficients from a file of the unshared network, or, for a network
  /// without fusion, of the same network. data_loss names the tensor that is missing or has another shape.
  Status load(const TensorFile& file, const std::string& file_name);

 private:
  [[nodiscard]] std::vector<NamedTensor> norms() const;

  Network network_;
  torch::Tensor embed_weight_, embed_bias_;  // [C, Cin, P, P], [C]
  Norm embed_norm_;
  std::optional<LayerWeights> depthwise_, depthwise_bias_, pointwise_, pointwise_bias_;
  std::vector<Norm> depthwise_norms_, pointwise_norms_;  // by layer
  torch::Tensor head_weight_, head_bias_;                // [classes, C], [classes]
};

}  // namespace spin
