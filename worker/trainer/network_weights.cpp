#include "worker/trainer/network_weights.h"

#include <utility>

#include <ATen/CPUGeneratorImpl.h>

namespace spin {
namespace {

using Role = LayerWeights::Role;

}  // namespace

NetworkWeights::NetworkWeights(const JobConfig& config)
    : config_(config),
      generator_(at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(config.seed))) {}

torch::Tensor NetworkWeights::add(const Single& single) {
  const Parameter parameter{single.name, draw_leaf(single.shape, single.initial, generator_), single.decays};
  places_.push_back({parameter, {}});
  return parameter.value;
}

LayerNorm NetworkWeights::add_layer_norm(const std::string& name, std::int64_t channels) {
  return {add({name + ".weight", {channels}, Constant{1}}), add({name + ".bias", {channels}, Constant{0}})};
}

BatchNorm NetworkWeights::add_batch_norm(const std::string& name, std::int64_t channels) {
  auto [weight, bias] = add_layer_norm(name, channels);
  BatchNorm norm{std::move(weight), std::move(bias), torch::zeros({channels}), torch::ones({channels})};
  single_statistics_.push_back({name + ".mean", norm.mean});
  single_statistics_.push_back({name + ".variance", norm.variance});
  return norm;
}

LayersId NetworkWeights::draw_layers(LayerWeights::Spec spec) {
  layers_.emplace_back(std::move(spec), config_, generator_);
  return {layers_.size() - 1};
}

NormsId NetworkWeights::draw_norms(const std::string& name, std::int64_t channels, bool shared) {
  const auto weight = draw_layers({name, "norm.weight", {channels}, Constant{1}, Role::vector, shared});
  return {weight, draw_layers({name, "norm.bias", {channels}, Constant{0}, Role::vector, shared})};
}

LayersId NetworkWeights::add_layers(LayerWeights::Spec spec) {
  const auto id = draw_layers(std::move(spec));
  places_.push_back({{}, {id.value}});
  return id;
}

AffinesId NetworkWeights::add_affines(const std::string& name, std::vector<std::int64_t> shape,
                                      const Starts& starts, const Shares& shares) {
  const std::int64_t out = shape.front();
  const auto weight =
      add_layers({name, "weight", std::move(shape), starts.weight, Role::weight, shares.weight});
  return {weight, add_layers({name, "bias", {out}, starts.bias, Role::vector, shares.bias})};
}

NormsId NetworkWeights::add_layer_norms(const std::string& name, std::int64_t channels, bool shared) {
  const auto id = draw_norms(name, channels, shared);
  places_.push_back({{}, {id.weight.value, id.bias.value}});
  return id;
}

std::vector<BatchNormsId> NetworkWeights::add_batch_norms(const std::vector<std::string>& names,
                                                          std::int64_t channels, bool shared) {
  Place together;
  std::vector<BatchNormsId> ids;
  for (const auto& name : names) {
    const auto affine = draw_norms(name, channels, shared);
    together.kinds.insert(together.kinds.end(), {affine.weight.value, affine.bias.value});
    ids.push_back({affine, statistics_.size()});
    statistics_.emplace_back(name, channels, shared, config_);
  }
  places_.push_back(std::move(together));
  return ids;
}

std::vector<Parameter> NetworkWeights::parameters() const {
  std::vector<Parameter> list;
  for (const auto& [single, kinds] : places_) {
    if (kinds.empty()) {
      list.push_back(single);
      continue;
    }
    for (std::size_t i = 0; i < layers_[kinds.front()].original_count(); ++i)
      for (const auto kind : kinds) list.push_back(layers_[kind].original(i));
    for (const auto kind : kinds)
      for (auto& parameter : layers_[kind].coefficients()) list.push_back(std::move(parameter));
  }
  return list;
}

std::vector<NamedTensor> NetworkWeights::buffers() const {
  auto list = single_statistics_;
  for (const auto& statistics : statistics_)
    for (auto& entry : statistics.entries()) list.push_back(std::move(entry));
  return list;
}

void NetworkWeights::move_to(const torch::TensorOptions& options) {
  for (auto& [name, tensor] : buffers()) tensor.set_data(tensor.to(options));
  for (auto& layers : layers_) layers.move_to(options);
}

std::vector<std::vector<torch::Tensor>> NetworkWeights::fused() const {
  std::vector<std::vector<torch::Tensor>> kinds;
  for (const auto& layers : layers_) kinds.push_back(layers.fused());
  return kinds;
}

Weights NetworkWeights::by_layer(const std::vector<std::vector<torch::Tensor>>& fused) const {
  std::vector<std::vector<torch::Tensor>> kinds;
  for (std::size_t i = 0; i < layers_.size(); ++i) kinds.push_back(layers_[i].by_layer(fused[i]));
  return Weights(std::move(kinds));
}

BatchNorm NetworkWeights::batch_norm(const BatchNormsId& id, const Weights& weights,
                                     std::size_t layer) const {
  const auto& statistics = statistics_[id.statistics];
  auto [weight, bias] = weights.of(id.affine, layer);
  return {std::move(weight), std::move(bias), statistics.mean(layer), statistics.variance(layer)};
}

std::vector<NamedTensor> NetworkWeights::folded() const {
  const torch::NoGradGuard no_grad;
  std::vector<NamedTensor> list;
  for (const auto& [single, kinds] : places_) {
    if (kinds.empty()) list.push_back({single.name, single.value});
    for (const auto kind : kinds)
      for (auto& entry : layers_[kind].folded()) list.push_back(std::move(entry));
  }
  for (auto& entry : buffers()) list.push_back(std::move(entry));
  for (auto& entry : list) entry.tensor = entry.tensor.detach().to(torch::kCPU).clone();
  return list;
}

Status NetworkWeights::load(const TensorFile& file, const std::string& file_name) {
  std::vector<NamedTensor> wanted = single_statistics_;
  for (const auto& [single, kinds] : places_) {
    if (kinds.empty()) wanted.push_back({single.name, single.value});
    for (const auto kind : kinds)
      for (auto& entry : layers_[kind].loadable()) wanted.push_back(std::move(entry));
  }
  for (const auto& [name, tensor] : wanted)
    SPIN_TRY(copy_checked(file.find(name), tensor, file_name + ": tensor '" + name + "'"));
  for (auto& statistics : statistics_) SPIN_TRY(statistics.load(file, file_name));
  return {};
}

}  // namespace spin
