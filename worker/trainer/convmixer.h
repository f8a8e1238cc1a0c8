#pragma once

#include "worker/trainer/halves.h"
#include "worker/trainer/model.h"

namespace spin {

/// ConvMixer (Trockman and Kolter, 2022): patch embedding, blocks of a depthwise and a pointwise half, global
/// average, linear head.
class ConvMixer final : public Model {
 public:
  explicit ConvMixer(const Train& config);

  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images, const Weights& weights,
                                      Mode mode) const override;

 private:
  struct Half {
    WeightAndBiasId convolution;  // depthwise [C, 1, K, K], pointwise [C, C, 1, 1]
    BatchNormsId norm;
  };
  [[nodiscard]] HalfWeights half(const Half& half, const Weights& weights, std::size_t layer) const;

  HalfWeights embed_;
  Half depthwise_, pointwise_;
  WeightAndBias head_;
};

}  // namespace spin
