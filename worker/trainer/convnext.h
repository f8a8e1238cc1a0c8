#pragma once

#include <optional>

#include "worker/trainer/model.h"

namespace spin {

/// Isotropic ConvNeXt (Liu et al., 2022, Section 3.4 and its published code): patch stem, blocks of one
/// resolution, global average, LayerNorm, linear head.
class ConvNext final : public Model {
 public:
  explicit ConvNext(const Train& config);

  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images, const Weights& weights,
                                      Mode mode) const override;

 private:
  WeightAndBias embed_;  // [C, Cin, P, P], [C]
  WeightAndBiasId depthwise_, expand_, contract_;
  WeightAndBiasId norm_;
  std::optional<LayersId> scale_;  // [C]
  WeightAndBias head_norm_;
  WeightAndBias head_;  // [classes, C], [classes]
};

/// What a block computes with.
struct ConvNextWeights {
  WeightAndBias depthwise;  ///< [C, 1, K, K]
  WeightAndBias norm;
  MlpWeights mlp;
  torch::Tensor scale;  ///< [C], or undefined
};

/// x + scale * mlp(norm(depthwise(x))), of which `depth` leaves the sum's second part out of some images.
/// x [N, C, H, W], channels-last.
torch::Tensor convnext_block(const torch::Tensor& x, const ConvNextWeights& weights, Activation activation,
                             const StochasticDepth& depth = {});

}  // namespace spin
