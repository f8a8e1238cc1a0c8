#include "worker/trainer/weight_transform.h"

namespace spin {

WeightTransform::WeightTransform(int group, const Topology& topology, std::int64_t out_channels) {
  for (int layer = 0; layer < topology.depth(); ++layer) {
    auto& affine = layers_.emplace_back();
    if (topology.is_first(layer)) continue;
    affine = Affine{torch::eye(group).repeat({out_channels / group, 1}).set_requires_grad(true),
                    torch::zeros({out_channels}).set_requires_grad(true)};
  }
}

torch::Tensor WeightTransform::apply(const torch::Tensor& weight, std::size_t layer) const {
  const auto& affine = layers_[layer];
  if (!affine) return weight;
  const auto group = affine->weight.size(1);
  const auto blocks = weight.reshape({weight.size(0) / group, group, -1});         // [out / G, G, rest]
  const auto mixed = torch::bmm(affine->weight.view({-1, group, group}), blocks);  // [out / G, G, rest]
  return (mixed.view({weight.size(0), -1}) + affine->bias.unsqueeze(1)).view(weight.sizes());
}

}  // namespace spin
