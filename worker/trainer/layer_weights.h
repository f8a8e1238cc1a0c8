#pragma once

#include <optional>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/design/inventory.h"
#include "worker/trainer/parameters.h"
#include "worker/trainer/tensor_file.h"
#include "worker/trainer/weight_fusion.h"
#include "worker/trainer/weight_transform.h"

namespace spin {

/// One parameter of every block (all pointwise weights, say) under a topology, as one leaf: each layer its
/// own, one per group, or the original per-layer weights V_j that a fusion strategy maps to one per group;
/// then, where the layers share, the transform of each.
class LayerWeights {
 public:
  /// Topology, what is shared, transform and fusion are those of `config`.
  LayerWeights(const TensorSpec& spec, const Train& config, at::Generator& generator);

  /// The weights of the plain network, [n, shape...]: one per group where shared, else one per layer.
  /// Differentiable to the originals and the fusion's coefficients.
  [[nodiscard]] torch::Tensor fused() const;
  /// What each layer computes with, [shape...] each, from fused(). Layers of a group get the same tensor
  /// where nothing transforms it.
  [[nodiscard]] std::vector<torch::Tensor> by_layer(const torch::Tensor& fused) const;

  /// The originals, [n, shape...], then the leaves of the transform and of the fusion.
  [[nodiscard]] std::vector<Parameter> parameters() const;
  /// The folded weights and the leaves of the transform, which folding keeps, by group or layer.
  [[nodiscard]] std::vector<NamedTensor> folded() const;
  /// What a file must hold, as views: the originals, and the transform unless this starts from the unshared
  /// network, which has none.
  [[nodiscard]] std::vector<NamedTensor> loadable() const;
  void move_to(const torch::TensorOptions& options);

 private:
  /// Each of the first dimension of `stack`, detached, under its name in files.
  [[nodiscard]] std::vector<NamedTensor> each_of(const torch::Tensor& stack) const;
  [[nodiscard]] std::vector<NamedTensor> transforms() const;

  TensorSpec spec_;
  bool is_shared_;
  Topology topology_;
  torch::Tensor originals_;  // the leaf, [n, shape...]: n groups where shared and not fused, else layers
  std::optional<WeightFusion> fusion_;
  std::optional<WeightTransform> transform_;
};

}  // namespace spin
