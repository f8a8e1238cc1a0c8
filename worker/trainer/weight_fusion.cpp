#include "worker/trainer/weight_fusion.h"

namespace spin {
namespace {

torch::Tensor mixing_matrix(const Topology& topology, FusionStrategy strategy) {
  const auto groups = topology.groups();
  auto matrix = torch::zeros({topology.group_count(), topology.depth()});
  auto entries = matrix.accessor<float, 2>();
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto row = static_cast<std::int64_t>(g);
    if (strategy == FusionStrategy::choose_first) {
      entries[row][groups[g].front()] = 1;
      continue;
    }
    for (const int layer : groups[g]) entries[row][layer] = 1.0F / static_cast<float>(groups[g].size());
  }
  return matrix;
}

torch::Tensor initial_coefficients(FusionStrategy strategy, std::int64_t depth, std::int64_t out_channels) {
  switch (strategy) {
    case FusionStrategy::scalar_weighted_mean:
      return torch::ones({depth});
    case FusionStrategy::channel_weighted_mean:
      return torch::ones({depth, out_channels});
    case FusionStrategy::pointwise_convolution:
      return torch::eye(out_channels).repeat({depth, 1, 1});
    case FusionStrategy::none:
    case FusionStrategy::choose_first:
    case FusionStrategy::mean:
      break;
  }
  return {};
}

}  // namespace

WeightFusion::WeightFusion(FusionStrategy strategy, const Topology& topology, std::int64_t out_channels)
    : coefficients_(initial_coefficients(strategy, topology.depth(), out_channels)),
      mixing_(mixing_matrix(topology, strategy)) {
  if (coefficients_.defined()) coefficients_.set_requires_grad(true);
}

/// [L, out, rest] -> the same.
torch::Tensor WeightFusion::weighted(const torch::Tensor& originals) const {
  if (!coefficients_.defined()) return originals;
  if (coefficients_.dim() == 1) return originals * coefficients_.view({-1, 1, 1});
  if (coefficients_.dim() == 2) return originals * coefficients_.unsqueeze(2);
  return torch::bmm(coefficients_, originals);
}

torch::Tensor WeightFusion::fuse(const torch::Tensor& originals) const {
  auto shape = originals.sizes().vec();
  shape[0] = mixing_.size(0);
  const auto rows = originals.reshape({originals.size(0), originals.size(1), -1});  // [L, out, rest]
  return torch::mm(mixing_, weighted(rows).flatten(1)).view(shape);
}

void WeightFusion::move_to(const torch::TensorOptions& options) { mixing_ = mixing_.to(options); }

}  // namespace spin
