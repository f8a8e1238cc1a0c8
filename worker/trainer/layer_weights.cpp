#include "worker/trainer/layer_weights.h"

#include <utility>

namespace spin {
namespace {

/// Row g holds what each layer's weight contributes to the weight of group g.
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

torch::Tensor leaf(torch::Tensor value) { return value.set_requires_grad(true); }

}  // namespace

LayerWeights::LayerWeights(Spec spec, Topology topology, at::Generator generator)
    : spec_(std::move(spec)), topology_(std::move(topology)) {
  const int count = spec_.shared && !fused() ? topology_.group_count() : topology_.depth();
  for (int i = 0; i < count; ++i)
    originals_.push_back(leaf(torch::empty(spec_.shape).uniform_(-spec_.bound, spec_.bound, generator)));
  if (!fused()) return;
  mixing_ = mixing_matrix(topology_, spec_.fusion);
  if (spec_.fusion == FusionStrategy::scalar_weighted_mean)
    coefficients_ = leaf(torch::ones({topology_.depth()}));
  if (spec_.fusion == FusionStrategy::channel_weighted_mean)
    coefficients_ = leaf(torch::ones({topology_.depth(), spec_.shape[0]}));
}

std::string LayerWeights::name(std::size_t index) const {
  return spec_.component + "." + std::to_string(index) + "." + spec_.kind;
}

torch::Tensor LayerWeights::weighted_originals() const {
  auto stacked = torch::stack(originals_).flatten(1);  // [L, elements]
  if (!coefficients_.defined()) return stacked;
  if (coefficients_.dim() == 1) return stacked * coefficients_.unsqueeze(1);
  const auto depth = coefficients_.size(0);
  const auto channels = coefficients_.size(1);  // output channels come first in every weight
  return (stacked.view({depth, channels, -1}) * coefficients_.unsqueeze(2)).view({depth, -1});
}

std::vector<torch::Tensor> LayerWeights::resolved() const {
  if (!fused()) return originals_;
  auto shape = spec_.shape;
  shape.insert(shape.begin(), topology_.group_count());
  return torch::mm(mixing_, weighted_originals()).view(shape).unbind(0);
}

std::vector<torch::Tensor> LayerWeights::by_layer() const {
  const auto weights = resolved();
  if (!spec_.shared) return weights;
  std::vector<torch::Tensor> layers;
  layers.reserve(topology_.layers().size());
  for (const int group : topology_.layers()) layers.push_back(weights[static_cast<std::size_t>(group)]);
  return layers;
}

void LayerWeights::append_parameters(std::vector<Parameter>& list) const {
  const bool decays = spec_.kind == "weight";
  for (std::size_t i = 0; i < originals_.size(); ++i) list.push_back({name(i), originals_[i], decays});
  if (coefficients_.defined())
    list.push_back({spec_.component + ".fusion." + spec_.kind, coefficients_, /*decays=*/false});
}

void LayerWeights::append_folded(std::vector<NamedTensor>& list) const {
  const auto weights = resolved();
  for (std::size_t i = 0; i < weights.size(); ++i) list.push_back({name(i), weights[i].detach().clone()});
}

void LayerWeights::append_originals(std::vector<NamedTensor>& list) const {
  for (std::size_t i = 0; i < originals_.size(); ++i) list.push_back({name(i), originals_[i]});
}

void LayerWeights::move_to(const torch::TensorOptions& options) {
  if (mixing_.defined()) mixing_ = mixing_.to(options);
}

}  // namespace spin
