#include "worker/trainer/weight_transform.h"

namespace spin {

WeightTransform::WeightTransform(int group, const Topology& topology, std::int64_t out_channels) {
  std::vector<std::int64_t> groups;
  for (int layer = 0; layer < topology.depth(); ++layer) {
    if (topology.is_first(layer)) continue;
    layers_.push_back(layer);
    groups.push_back(topology.layers()[static_cast<std::size_t>(layer)]);
  }
  const auto count = static_cast<std::int64_t>(layers_.size());
  groups_ = torch::tensor(groups, torch::kLong);
  weight_ = torch::eye(group).repeat({count, out_channels / group, 1}).set_requires_grad(true);
  bias_ = torch::zeros({count, out_channels}).set_requires_grad(true);
}

torch::Tensor WeightTransform::apply(const torch::Tensor& weights) const {
  const auto out = weight_.size(1);
  const auto group = weight_.size(2);
  const auto shared = weights.index_select(0, groups_);                      // [layers, out, ...]
  const auto blocks = shared.reshape({-1, group, shared[0].numel() / out});  // [layers * out / G, G, rest]
  const auto mixed = torch::bmm(weight_.view({-1, group, group}), blocks);   // the same
  return (mixed.view({bias_.size(0), out, -1}) + bias_.unsqueeze(2)).view(shared.sizes());
}

void WeightTransform::move_to(const torch::TensorOptions& options) {
  groups_ = groups_.to(options.device_opt().value_or(groups_.device()));
}

}  // namespace spin
