#include "worker/trainer/layer_weights.h"

#include <utility>

namespace spin {
namespace {

FusionStrategy strategy_for(LayerWeights::Role role, FusionStrategy strategy) {
  const bool plain = strategy == FusionStrategy::none || strategy == FusionStrategy::choose_first;
  return role == LayerWeights::Role::weight || plain ? strategy : FusionStrategy::mean;
}

}  // namespace

LayerWeights::LayerWeights(Spec spec, const JobConfig& config, at::Generator& generator)
    : spec_(std::move(spec)), topology_(config.topology) {
  const auto strategy = strategy_for(spec_.role, config.fusion.strategy);
  const bool fuses = spec_.shared && strategy != FusionStrategy::none;
  const int count = spec_.shared && !fuses ? topology_.group_count() : topology_.depth();
  for (int i = 0; i < count; ++i) originals_.push_back(draw_leaf(spec_.shape, spec_.initial, generator));
  if (fuses) fusion_.emplace(strategy, topology_, spec_.shape[0]);
  if (spec_.shared && spec_.role == Role::weight && config.transform.kind == TransformKind::affine)
    transform_.emplace(config.transform.group, topology_, spec_.shape[0]);
}

std::string LayerWeights::name(std::size_t index) const {
  return spec_.name + "." + std::to_string(index) + "." + spec_.kind;
}

std::vector<torch::Tensor> LayerWeights::fused() const {
  return fusion_ ? fusion_->fuse(originals_) : originals_;
}

std::vector<torch::Tensor> LayerWeights::by_layer(const std::vector<torch::Tensor>& fused) const {
  if (!spec_.shared) return fused;
  std::vector<torch::Tensor> layers;
  layers.reserve(topology_.layers().size());
  for (const int group : topology_.layers()) {
    const auto& weight = fused[static_cast<std::size_t>(group)];
    layers.push_back(transform_ ? transform_->apply(weight, layers.size()) : weight);
  }
  return layers;
}

Parameter LayerWeights::original(std::size_t index) const {
  return {name(index), originals_[index], /*decays=*/spec_.role == Role::weight};
}

std::vector<Parameter> LayerWeights::transform_parameters() const {
  std::vector<Parameter> list;
  if (!transform_) return list;
  const auto& layers = transform_->layers();
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    if (!layers[layer]) continue;
    const auto prefix = spec_.name + "." + std::to_string(layer) + ".transform.";
    list.push_back({prefix + "weight", layers[layer]->weight});
    list.push_back({prefix + "bias", layers[layer]->bias});
  }
  return list;
}

std::vector<Parameter> LayerWeights::coefficients() const {
  auto list = transform_parameters();
  if (fusion_ && fusion_->coefficients().defined())
    list.push_back({spec_.name + ".fusion." + spec_.kind, fusion_->coefficients()});
  return list;
}

std::vector<NamedTensor> LayerWeights::folded() const {
  std::vector<NamedTensor> list;
  for (const auto& weight : fused()) list.push_back({name(list.size()), weight});
  for (const auto& parameter : transform_parameters()) list.push_back({parameter.name, parameter.value});
  return list;
}

std::vector<NamedTensor> LayerWeights::loadable() const {
  std::vector<NamedTensor> list;
  for (const auto& original : originals_) list.push_back({name(list.size()), original});
  if (fusion_) return list;
  for (const auto& parameter : transform_parameters()) list.push_back({parameter.name, parameter.value});
  return list;
}

void LayerWeights::move_to(const torch::TensorOptions& options) {
  if (fusion_) fusion_->move_to(options);
}

}  // namespace spin
