#pragma once

#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/design/fusion.h"
#include "schema/design/sharing.h"
#include "worker/trainer/parameters.h"
#include "worker/trainer/tensor_file.h"

namespace spin {

/// One weight of every layer (all pointwise weights, say) under a topology: each layer its own, one per
/// group, or the original per-layer weights V_j that a fusion strategy maps to one per group.
class LayerWeights {
 public:
  struct Spec {
    std::string component;  ///< "pointwise"
    std::string kind;       ///< "weight" or "bias"; tensors are named COMPONENT.INDEX.KIND
    std::vector<std::int64_t> shape;
    double bound = 0;  ///< initial values are uniform in [-bound, bound]
    bool shared = false;
    FusionStrategy fusion = FusionStrategy::none;  ///< none = train the group's weight itself
  };

  LayerWeights(Spec spec, Topology topology, at::Generator generator);

  /// The weight that each layer computes with; layers of a group get the same tensor. Differentiable to the
  /// originals and the coefficients.
  [[nodiscard]] std::vector<torch::Tensor> by_layer() const;

  void append_parameters(std::vector<Parameter>& list) const;
  /// The weights of the plain network: one per group where shared, one per layer elsewhere.
  void append_folded(std::vector<NamedTensor>& list) const;
  /// Names of the originals in the unshared network's file, with the tensors to fill.
  void append_originals(std::vector<NamedTensor>& list) const;
  void move_to(const torch::TensorOptions& options);

 private:
  [[nodiscard]] std::string name(std::size_t index) const;
  [[nodiscard]] bool fused() const { return spec_.shared && spec_.fusion != FusionStrategy::none; }
  /// One weight per group where shared, else one per layer.
  [[nodiscard]] std::vector<torch::Tensor> resolved() const;
  [[nodiscard]] torch::Tensor weighted_originals() const;

  Spec spec_;
  Topology topology_;
  std::vector<torch::Tensor>
      originals_;               // leaves: one per group where shared and not fused, else one per layer
  torch::Tensor coefficients_;  // leaf: [L] or [L, C], or undefined
  torch::Tensor mixing_;        // [groups, L]: rows sum to 1 over the layers of the group
};

}  // namespace spin
