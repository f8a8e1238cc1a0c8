#include "worker/trainer/layer_weights.h"

#include <iterator>
#include <utility>

#include "worker/trainer/initial.h"

namespace spin {
namespace {

FusionStrategy strategy_for(TensorRole role, FusionStrategy strategy) {
  const bool plain = strategy == FusionStrategy::none || strategy == FusionStrategy::choose_first;
  return role == TensorRole::weight || plain ? strategy : FusionStrategy::mean;
}

}  // namespace

LayerWeights::LayerWeights(const TensorSpec& spec, const Train& config, at::Generator& generator)
    : spec_(spec), is_shared_(is_shared(spec, config)), topology_(config.topology) {
  const auto strategy = strategy_for(spec_.role, config.fusion.strategy);
  const bool fuses = is_shared_ && strategy != FusionStrategy::none;
  const int count = is_shared_ && !fuses ? topology_.group_count() : topology_.depth();
  originals_ = draw_stack(count, spec_.shape, spec_.start, generator);
  if (fuses) fusion_.emplace(strategy, topology_, spec_.out());
  if (is_transformed(spec, config)) transform_.emplace(config.transform.group, topology_, spec_.out());
}

torch::Tensor LayerWeights::fused() const { return fusion_ ? fusion_->fuse(originals_) : originals_; }

std::vector<torch::Tensor> LayerWeights::by_layer(const torch::Tensor& fused) const {
  // One operation for all, so that the gradients of all layers come back as one tensor.
  const auto weights = fused.unbind(0);
  if (!is_shared_) return weights;
  std::vector<torch::Tensor> layers;
  layers.reserve(topology_.layers().size());
  for (const int group : topology_.layers()) layers.push_back(weights[static_cast<std::size_t>(group)]);
  if (!transform_ || transform_->layers().empty()) return layers;
  const auto transformed = transform_->apply(fused).unbind(0);
  for (std::size_t i = 0; i < transformed.size(); ++i)
    layers[static_cast<std::size_t>(transform_->layers()[i])] = transformed[i];
  return layers;
}

std::vector<Parameter> LayerWeights::parameters() const {
  const bool decays = spec_.role == TensorRole::weight;
  const std::string name(spec_.name);
  std::vector<Parameter> list = {{spec_.file_name(), originals_, decays}};
  if (transform_) {
    list.push_back({name + ".transform.weight", transform_->weight()});
    list.push_back({name + ".transform.bias", transform_->bias()});
  }
  if (fusion_ && fusion_->coefficients().defined())
    list.push_back({name + ".fusion." + std::string(spec_.kind), fusion_->coefficients()});
  return list;
}

std::vector<NamedTensor> LayerWeights::each_of(const torch::Tensor& stack) const {
  std::vector<NamedTensor> list;
  for (auto& tensor : stack.detach().unbind(0)) list.push_back({spec_.file_name(list.size()), tensor});
  return list;
}

std::vector<NamedTensor> LayerWeights::transforms() const {
  std::vector<NamedTensor> list;
  if (!transform_) return list;
  const auto weights = transform_->weight().detach().unbind(0);
  const auto biases = transform_->bias().detach().unbind(0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto prefix =
        std::string(spec_.name) + "." + std::to_string(transform_->layers()[i]) + ".transform.";
    list.push_back({prefix + "weight", weights[i]});
    list.push_back({prefix + "bias", biases[i]});
  }
  return list;
}

std::vector<NamedTensor> LayerWeights::folded() const {
  auto list = each_of(fused());
  auto more = transforms();
  std::move(more.begin(), more.end(), std::back_inserter(list));
  return list;
}

std::vector<NamedTensor> LayerWeights::loadable() const {
  auto list = each_of(originals_);
  if (fusion_) return list;
  auto more = transforms();
  std::move(more.begin(), more.end(), std::back_inserter(list));
  return list;
}

void LayerWeights::move_to(const torch::TensorOptions& options) {
  if (fusion_) fusion_->move_to(options);
  if (transform_) transform_->move_to(options);
}

}  // namespace spin
