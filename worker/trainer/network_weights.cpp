#include "worker/trainer/network_weights.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>

#include "worker/trainer/initial.h"

namespace spin {
namespace {

/// Where in the list a name stands, that an inventory has and arithmetic asks for.
std::size_t place_of(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw std::logic_error("no inventory has a tensor " + std::string(name));
  return static_cast<std::size_t>(found - names.begin());
}

template <class T>
void append(std::vector<T>& list, std::vector<T> more) {
  std::move(more.begin(), more.end(), std::back_inserter(list));
}

}  // namespace

NetworkWeights::NetworkWeights(const Train& config)
    : config_(config),
      generator_(at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(config.seed))) {
  const auto& all = inventory_of(config);
  add_singles(all.before);
  singles_before_ = singles_.size();
  add_layers(all.block);
  add_singles(all.after);
}

void NetworkWeights::add_singles(const std::vector<TensorSpec>& specs) {
  for (const auto& spec : specs) {
    auto tensor = is_parameter(spec.role) ? draw_leaf(spec.shape, spec.start, generator_)
                                          : torch::full(spec.shape, spec.start.value);
    singles_.push_back({spec.file_name(), std::move(tensor), spec.role});
  }
}

void NetworkWeights::add_layers(const std::vector<TensorSpec>& specs) {
  for (const auto& spec : specs) {
    if (is_parameter(spec.role)) {
      layers_.emplace_back(spec, config_, generator_);
      layer_names_.push_back(spec.file_name());
    } else {
      statistics_.emplace_back(spec, config_);
      statistics_names_.push_back(spec.file_name());
    }
  }
}

torch::Tensor NetworkWeights::single(std::string_view file_name) const {
  for (const auto& single : singles_)
    if (single.name == file_name) return single.tensor;
  throw std::logic_error("no inventory has a tensor " + std::string(file_name));
}

WeightAndBias NetworkWeights::weight_and_bias(const std::string& name) const {
  return {single(name + ".weight"), single(name + ".bias")};
}

WeightAndBias NetworkWeights::layer_norm(const std::string& name) const {
  return weight_and_bias(name + ".norm");
}

BatchNorm NetworkWeights::batch_norm(const std::string& name) const {
  auto [weight, bias] = layer_norm(name);
  return {std::move(weight), std::move(bias), single(name + ".norm.mean"), single(name + ".norm.variance")};
}

LayersId NetworkWeights::layers(std::string_view file_name) const {
  return {place_of(layer_names_, file_name)};
}

WeightAndBiasId NetworkWeights::weights_and_biases(const std::string& name) const {
  return {layers(name + ".weight"), layers(name + ".bias")};
}

WeightAndBiasId NetworkWeights::layer_norms(const std::string& name) const {
  return weights_and_biases(name + ".norm");
}

BatchNormsId NetworkWeights::batch_norms(const std::string& name) const {
  return {layer_norms(name), place_of(statistics_names_, name + ".norm.mean"),
          place_of(statistics_names_, name + ".norm.variance")};
}

std::vector<Parameter> NetworkWeights::parameters() const {
  std::vector<Parameter> list;
  for (std::size_t i = 0; i <= singles_.size(); ++i) {
    if (i == singles_before_)
      for (const auto& layers : layers_) append(list, layers.parameters());
    if (i < singles_.size() && is_parameter(singles_[i].role))
      list.push_back({singles_[i].name, singles_[i].tensor, singles_[i].role == TensorRole::weight});
  }
  return list;
}

std::vector<NamedTensor> NetworkWeights::buffers() const {
  std::vector<NamedTensor> list;
  for (const auto& single : singles_)
    if (!is_parameter(single.role)) list.push_back({single.name, single.tensor});
  for (const auto& statistics : statistics_) list.push_back(statistics.buffer());
  return list;
}

void NetworkWeights::move_to(const torch::TensorOptions& options) {
  for (auto& [name, tensor] : buffers()) tensor.set_data(tensor.to(options));
  for (auto& layers : layers_) layers.move_to(options);
}

std::vector<torch::Tensor> NetworkWeights::fused() const {
  std::vector<torch::Tensor> kinds;
  for (const auto& layers : layers_) kinds.push_back(layers.fused());
  return kinds;
}

Weights NetworkWeights::by_layer(const std::vector<torch::Tensor>& fused) const {
  std::vector<std::vector<torch::Tensor>> kinds;
  for (std::size_t i = 0; i < layers_.size(); ++i) kinds.push_back(layers_[i].by_layer(fused[i]));
  return Weights(std::move(kinds));
}

BatchNorm NetworkWeights::batch_norm(const BatchNormsId& id, const Weights& weights,
                                     std::size_t layer) const {
  auto [weight, bias] = weights.of(id.weight_and_bias, layer);
  return {std::move(weight), std::move(bias), statistics_[id.mean].of(layer),
          statistics_[id.variance].of(layer)};
}

std::vector<NamedTensor> NetworkWeights::folded() const {
  const torch::NoGradGuard no_grad;
  std::vector<NamedTensor> list;
  for (const auto& single : singles_) list.push_back({single.name, single.tensor});
  for (const auto& layers : layers_) append(list, layers.folded());
  for (const auto& statistics : statistics_) append(list, statistics.each());
  for (auto& entry : list) entry.tensor = entry.tensor.detach().to(torch::kCPU).clone();
  return list;
}

Status NetworkWeights::load(const TensorFile& file, const std::string& file_name) {
  std::vector<NamedTensor> wanted;
  for (const auto& single : singles_) wanted.push_back({single.name, single.tensor});
  for (const auto& layers : layers_) append(wanted, layers.loadable());
  for (const auto& [name, tensor] : wanted)
    SPIN_TRY(copy_checked(file.find(name), tensor, file_name + ": tensor '" + name + "'"));
  for (auto& statistics : statistics_) SPIN_TRY(statistics.load(file, file_name));
  return {};
}

}  // namespace spin
