#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "schema/design/config.h"
#include "worker/trainer/arithmetic.h"
#include "worker/trainer/layer_weights.h"
#include "worker/trainer/running_statistics.h"

namespace spin {

/// Names the weights of one kind in every layer.
struct LayersId {
  std::size_t value = 0;
};
/// Names weight and bias of one convolution or linear layer of every layer.
struct AffinesId {
  LayersId weight, bias;
};
/// Names the affine parameters of one norm of every layer.
struct NormsId {
  LayersId weight, bias;
};
/// Names one BatchNorm of every layer.
struct BatchNormsId {
  NormsId affine;
  std::size_t statistics = 0;
};

/// The weights in use, layer by layer: fused and transformed. Valid until a parameter changes.
class Weights {
 public:
  explicit Weights(std::vector<std::vector<torch::Tensor>> by_kind) : by_kind_(std::move(by_kind)) {}
  [[nodiscard]] const torch::Tensor& of(LayersId kind, std::size_t layer) const {
    return by_kind_[kind.value][layer];
  }
  [[nodiscard]] Affine of(const AffinesId& kinds, std::size_t layer) const {
    return {of(kinds.weight, layer), of(kinds.bias, layer)};
  }
  [[nodiscard]] LayerNorm of(const NormsId& kinds, std::size_t layer) const {
    return {of(kinds.weight, layer), of(kinds.bias, layer)};
  }

 private:
  std::vector<std::vector<torch::Tensor>> by_kind_;
};

/// Everything that training changes or a file of the network holds. A family adds its tensors in the order of
/// the layout of checkpoints; initial values are drawn in that order, on the CPU, from a generator seeded
/// with the configuration's seed.
class NetworkWeights {
 public:
  /// A parameter outside the blocks.
  struct Single {
    std::string name;
    std::vector<std::int64_t> shape;
    Initial initial;
    bool decays = false;
  };

  struct Starts {
    Initial weight, bias;
  };
  struct Shares {
    bool weight = false;
    bool bias = false;
  };

  explicit NetworkWeights(const JobConfig& config);

  torch::Tensor add(const Single& single);
  /// Outside the blocks; tensors are named NAME.weight, NAME.bias, NAME.mean and NAME.variance.
  BatchNorm add_batch_norm(const std::string& name, std::int64_t channels);
  /// Outside the blocks; tensors are named NAME.weight and NAME.bias.
  LayerNorm add_layer_norm(const std::string& name, std::int64_t channels);
  LayersId add_layers(LayerWeights::Spec spec);
  /// The convolution or linear layer NAME of every block: NAME.INDEX.weight of `shape`, and its bias.
  AffinesId add_affines(const std::string& name, std::vector<std::int64_t> shape, const Starts& starts,
                        const Shares& shares);
  /// Tensors are named NAME.INDEX.norm.weight and NAME.INDEX.norm.bias.
  NormsId add_layer_norms(const std::string& name, std::int64_t channels, bool shared);
  /// One BatchNorm in each layer for each name; tensors are named NAME.INDEX.norm.weight and so on.
  std::vector<BatchNormsId> add_batch_norms(const std::vector<std::string>& names, std::int64_t channels,
                                            bool shared);

  /// Leaves, in the order of the layout of checkpoints.
  [[nodiscard]] std::vector<Parameter> parameters() const;
  /// Running statistics of the norms.
  [[nodiscard]] std::vector<NamedTensor> buffers() const;
  /// Moves what is not a parameter.
  void move_to(const torch::TensorOptions& options);

  /// The weights of the plain network, by kind.
  [[nodiscard]] std::vector<std::vector<torch::Tensor>> fused() const;
  /// The weights in use, from fused().
  [[nodiscard]] Weights by_layer(const std::vector<std::vector<torch::Tensor>>& fused) const;
  [[nodiscard]] BatchNorm batch_norm(const BatchNormsId& id, const Weights& weights, std::size_t layer) const;

  /// The plain shared network: no original weights, no fusion coefficients; its transforms stay. On the CPU.
  [[nodiscard]] std::vector<NamedTensor> folded() const;
  /// See Model::load.
  Status load(const TensorFile& file, const std::string& file_name);

 private:
  /// One place in the order: a parameter outside the blocks, or kinds of layers' weights that stand index by
  /// index (all of layer 0, all of layer 1, ...).
  struct Place {
    Parameter single;
    std::vector<std::size_t> kinds;  // of layers_; empty for a single
  };

  // These leave the place to the caller.
  LayersId draw_layers(LayerWeights::Spec spec);
  NormsId draw_norms(const std::string& name, std::int64_t channels, bool shared);

  JobConfig config_;
  at::Generator generator_;
  std::vector<Place> places_;
  std::vector<LayerWeights> layers_;
  std::vector<RunningStatistics> statistics_;
  std::vector<NamedTensor> single_statistics_;
};

}  // namespace spin
