#pragma once

#include "worker/trainer/model.h"

namespace spin {

/// MLP-Mixer (Tolstikhin et al., 2021): patch embedding, pre-norm blocks of an MLP over positions and an MLP
/// over channels, LayerNorm, average over positions, linear head.
class MlpMixer final : public Model {
 public:
  explicit MlpMixer(const Train& config);

  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images, const Weights& weights,
                                      Mode mode) const override;

 private:
  WeightAndBias embed_;  // [C, Cin, P, P], [C]
  WeightAndBiasId token_norm_, mlp_norm_;
  WeightAndBiasId token_expand_, token_contract_, expand_, contract_;
  WeightAndBias head_norm_;
  WeightAndBias head_;  // [classes, C], [classes]
};

/// What a block computes with.
struct MlpMixerWeights {
  WeightAndBias token_norm;
  MlpWeights token;  ///< [D, T] and [T, D] for T positions
  WeightAndBias mlp_norm;
  MlpWeights mlp;
};

/// y = x + token(norm(x)^T)^T; y + mlp(norm(y)); `depth` leaves each sum's second part out of some images.
/// x [N, T, C].
torch::Tensor mlp_mixer_block(const torch::Tensor& x, const MlpMixerWeights& weights,
                              const StochasticDepth& depth = {});

}  // namespace spin
