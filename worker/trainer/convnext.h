#pragma once

#include <optional>

#include "worker/trainer/model.h"

namespace spin {

/// Isotropic ConvNeXt (Liu et al., 2022, Section 3.4 and its published code): patch stem, blocks of one
/// resolution, global average, LayerNorm, linear head.
class ConvNext final : public Model {
 public:
  explicit ConvNext(const JobConfig& config);

  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images, const Weights& weights,
                                      Mode mode) const override;

 private:
  Affine embed_;  // [C, Cin, P, P], [C]
  AffinesId depthwise_, expand_, contract_;
  AffinesId norm_;
  std::optional<LayersId> scale_;  // [C]
  Affine head_norm_;
  Affine head_;  // [classes, C], [classes]
};

/// What a block computes with.
struct ConvNextWeights {
  Affine depthwise;  ///< [C, 1, K, K]
  Affine norm;
  MlpWeights mlp;
  torch::Tensor scale;  ///< [C], or undefined
};

/// x + scale * mlp(norm(depthwise(x))), of which `depth` leaves the sum's second part out of some images.
/// x [N, C, H, W], channels-last.
torch::Tensor convnext_block(const torch::Tensor& x, const ConvNextWeights& weights, Activation activation,
                             const StochasticDepth& depth = {});

}  // namespace spin
