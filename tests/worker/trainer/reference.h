#pragma once

#include <map>
#include <string>

#include <torch/torch.h>

#include "schema/design/config.h"
#include "worker/trainer/model.h"

namespace spin {

/// A model's parameters as leaves in double precision, with sharing, fusion and transform written as plain
/// sums: an implementation that shares nothing with the trainer's but the names of the tensors.
class ReferenceWeights {
 public:
  ReferenceWeights(const Train& config, const Model& model);

  [[nodiscard]] const Train& config() const { return config_; }
  /// A parameter or a statistic by its whole name; [n, ...] where every block has it.
  [[nodiscard]] torch::Tensor at(const std::string& name) const;
  /// NAME.weight as `layer` computes with it; `shares` is the component that it belongs to.
  [[nodiscard]] torch::Tensor weight(const std::string& name, Component shares, int layer) const;
  /// A bias or norm's parameter, NAME.KIND, of `layer`.
  [[nodiscard]] torch::Tensor vector(const std::string& name, const std::string& kind, Component shares,
                                     int layer) const;
  /// One that no component covers: the I-th of NAME.KIND.
  [[nodiscard]] torch::Tensor own(const std::string& name, const std::string& kind, int layer) const;
  /// A running statistic, NAME.norm.KIND, of `layer`.
  [[nodiscard]] torch::Tensor statistic(const std::string& name, const std::string& kind, int layer) const;

 private:
  [[nodiscard]] torch::Tensor fused(const std::string& name, const std::string& kind, FusionStrategy strategy,
                                    int layer) const;
  [[nodiscard]] torch::Tensor transformed(const torch::Tensor& weight, const std::string& name,
                                          int layer) const;

  Train config_;
  std::map<std::string, torch::Tensor> tensors_;
};

/// Logits in double precision with loops, sums and matrix products alone. images [N, Cin, R, R] double.
torch::Tensor reference_logits(const ReferenceWeights& weights, Mode mode, const torch::Tensor& images);

// One for each family.
torch::Tensor reference_convmixer(const ReferenceWeights& weights, Mode mode, const torch::Tensor& images);
torch::Tensor reference_convnext(const ReferenceWeights& weights, const torch::Tensor& images);
torch::Tensor reference_deit(const ReferenceWeights& weights, const torch::Tensor& images);
torch::Tensor reference_mlp_mixer(const ReferenceWeights& weights, const torch::Tensor& images);

// Shared by the families.
/// [N, Cin, R, R] -> [N, C, R / P, R / P] with embed.weight and embed.bias.
torch::Tensor reference_patches(const ReferenceWeights& weights, const torch::Tensor& images);
/// weight [C, 1, K, K], bias [C].
torch::Tensor reference_depthwise(const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias);
/// Over the last dimension.
torch::Tensor reference_layer_norm(const torch::Tensor& x, const torch::Tensor& weight,
                                   const torch::Tensor& bias);
torch::Tensor reference_activation(const torch::Tensor& x, Activation activation);

}  // namespace spin
