#pragma once

#include "worker/trainer/attention.h"
#include "worker/trainer/model.h"

namespace spin {

/// DeiT (Touvron et al., 2021) without a distillation token: patch embedding, class token, learned positions,
/// pre-norm blocks of attention and MLP, LayerNorm and linear head on the class token.
class Deit final : public Model {
 public:
  explicit Deit(const Train& config);

  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images, const Weights& weights,
                                      Mode mode) const override;

 private:
  [[nodiscard]] torch::Tensor embed(const torch::Tensor& images) const;

  WeightAndBias embed_;        // [C, Cin, P, P], [C]
  torch::Tensor class_token_;  // [C]
  torch::Tensor positions_;    // [T, C], T = positions + 1; the class token's first
  WeightAndBiasId attention_norm_, mlp_norm_;
  WeightAndBiasId qkv_, projection_, expand_, contract_;
  WeightAndBias head_norm_;
  WeightAndBias head_;  // [classes, C], [classes]
};

/// What a block computes with.
struct DeitWeights {
  WeightAndBias attention_norm;
  AttentionWeights attention;
  WeightAndBias mlp_norm;
  MlpWeights mlp;
};

/// y = x + attention(norm(x)); y + mlp(norm(y)); `depth` leaves each sum's second part out of some images.
/// x [N, T, C].
torch::Tensor deit_block(const torch::Tensor& x, const DeitWeights& weights, int heads,
                         const StochasticDepth& depth = {});

}  // namespace spin
