#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/design/config.h"
#include "worker/trainer/initial.h"
#include "worker/trainer/parameters.h"
#include "worker/trainer/tensor_file.h"
#include "worker/trainer/weight_fusion.h"
#include "worker/trainer/weight_transform.h"

namespace spin {

/// One weight of every layer (all pointwise weights, say) under a topology: each layer its own, one per
/// group, or the original per-layer weights V_j that a fusion strategy maps to one per group; then, where the
/// layers share, the transform of each.
class LayerWeights {
 public:
  /// `weight` is what convolutions and linear layers multiply with. `vector` is a bias, a norm's scale or the
  /// like: it is not transformed, does not decay, and is fused as the plain mean by every strategy but
  /// choose_first.
  enum class Role { weight, vector };
  struct Spec {
    std::string name;  ///< "pointwise"; tensors are named NAME.INDEX.KIND
    std::string kind;  ///< "weight", "bias", "norm.weight"
    std::vector<std::int64_t> shape;
    Initial initial;
    Role role = Role::weight;
    bool shared = false;
  };

  /// Topology, transform and fusion are those of `config`.
  LayerWeights(Spec spec, const JobConfig& config, at::Generator& generator);

  /// The weights of the plain network: one per group where shared, else one per layer. Differentiable to the
  /// originals and the fusion's coefficients.
  [[nodiscard]] std::vector<torch::Tensor> fused() const;
  /// What each layer computes with, from fused(). Layers of a group get the same tensor where nothing
  /// transforms it.
  [[nodiscard]] std::vector<torch::Tensor> by_layer(const std::vector<torch::Tensor>& fused) const;

  [[nodiscard]] std::size_t original_count() const { return originals_.size(); }
  [[nodiscard]] Parameter original(std::size_t index) const;
  /// Leaves of the fusion and of the transform.
  [[nodiscard]] std::vector<Parameter> coefficients() const;
  /// The folded weights and the leaves of the transform, which folding keeps.
  [[nodiscard]] std::vector<NamedTensor> folded() const;
  /// What a file must hold: the originals, and the transform unless this starts from the unshared network,
  /// which has none.
  [[nodiscard]] std::vector<NamedTensor> loadable() const;
  void move_to(const torch::TensorOptions& options);

 private:
  [[nodiscard]] std::string name(std::size_t index) const;
  [[nodiscard]] std::vector<Parameter> transform_parameters() const;

  Spec spec_;
  Topology topology_;
  std::vector<torch::Tensor>
      originals_;  // leaves: one per group where shared and not fused, else one per layer
  std::optional<WeightFusion> fusion_;
  std::optional<WeightTransform> transform_;
};

}  // namespace spin
