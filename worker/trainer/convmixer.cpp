#include "worker/trainer/convmixer.h"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>

namespace spin {
namespace {

constexpr std::int64_t kNormFlops = 2;  // per output element, as the paper counts

/// PyTorch's default for convolutions and linear layers: kaiming_uniform(a = sqrt(5)), which is 1 / sqrt(fan
/// in).
double default_bound(std::int64_t fan_in) { return 1 / std::sqrt(static_cast<double>(fan_in)); }

torch::Tensor uniform_leaf(std::vector<std::int64_t> shape, double bound, at::Generator& generator) {
  return torch::empty(shape).uniform_(-bound, bound, generator).set_requires_grad(true);
}

Norm make_norm(std::int64_t channels) {
  return {torch::ones({channels}).set_requires_grad(true), torch::zeros({channels}).set_requires_grad(true),
          torch::zeros({channels}), torch::ones({channels})};
}

std::string layer_name(const char* component, std::size_t layer) {
  return std::string(component) + "." + std::to_string(layer) + ".norm";
}

void append_norm(std::vector<Parameter>& list, const std::string& name, const Norm& norm) {
  list.push_back({name + ".weight", norm.weight});
  list.push_back({name + ".bias", norm.bias});
}

void append_statistics(std::vector<NamedTensor>& list, const std::string& name, const Norm& norm) {
  list.push_back({name + ".mean", norm.mean});
  list.push_back({name + ".variance", norm.variance});
}

}  // namespace

ConvMixer::ConvMixer(const JobConfig& config) : network_(config.network) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(config.seed));
  const std::int64_t channels = network_.channels;
  const std::int64_t kernel = network_.kernel;
  const std::int64_t in_channels = config.dataset.facts.channels;
  const std::int64_t classes = config.dataset.facts.classes;
  const bool shares_bias = config.components.has(Component::bias);
  const auto strategy = config.fusion.strategy;
  // Shared biases are the plain mean under every strategy but choose_first.
  const bool plain = strategy == FusionStrategy::none || strategy == FusionStrategy::choose_first;
  const auto bias_strategy = plain ? strategy : FusionStrategy::mean;
  const auto layers = [&](const char* component, const char* kind, std::vector<std::int64_t> shape,
                          double bound, bool shared, FusionStrategy fusion) {
    return LayerWeights({component, kind, std::move(shape), bound, shared, fusion}, config.topology,
                        generator);
  };

  const auto embed_bound = default_bound(in_channels * network_.patch * network_.patch);
  embed_weight_ =
      uniform_leaf({channels, in_channels, network_.patch, network_.patch}, embed_bound, generator);
  embed_bias_ = uniform_leaf({channels}, embed_bound, generator);
  embed_norm_ = make_norm(channels);
  const auto depthwise_bound = default_bound(kernel * kernel);
  depthwise_.emplace(layers("depthwise", "weight", {channels, 1, kernel, kernel}, depthwise_bound,
                            config.components.has(Component::depthwise), strategy));
  depthwise_bias_.emplace(
      layers("depthwise", "bias", {channels}, depthwise_bound, shares_bias, bias_strategy));
  const auto pointwise_bound = default_bound(channels);
  pointwise_.emplace(layers("pointwise", "weight", {channels, channels, 1, 1}, pointwise_bound,
                            config.components.has(Component::pointwise), strategy));
  pointwise_bias_.emplace(
      layers("pointwise", "bias", {channels}, pointwise_bound, shares_bias, bias_strategy));
  for (int layer = 0; layer < network_.depth; ++layer) {
    depthwise_norms_.push_back(make_norm(channels));
    pointwise_norms_.push_back(make_norm(channels));
  }
  head_weight_ = uniform_leaf({classes, channels}, default_bound(channels), generator);
  head_bias_ = uniform_leaf({classes}, default_bound(channels), generator);
}

std::vector<Parameter> ConvMixer::parameters() const {
  std::vector<Parameter> list{{"embed.weight", embed_weight_, true}, {"embed.bias", embed_bias_}};
  append_norm(list, "embed.norm", embed_norm_);
  for (const auto* weights : {&depthwise_, &depthwise_bias_, &pointwise_, &pointwise_bias_})
    (*weights)->append_parameters(list);
  for (std::size_t layer = 0; layer < depthwise_norms_.size(); ++layer) {
    append_norm(list, layer_name("depthwise", layer), depthwise_norms_[layer]);
    append_norm(list, layer_name("pointwise", layer), pointwise_norms_[layer]);
  }
  list.push_back({"head.weight", head_weight_, true});
  list.push_back({"head.bias", head_bias_});
  return list;
}

std::vector<NamedTensor> ConvMixer::buffers() const {
  std::vector<NamedTensor> list;
  append_statistics(list, "embed.norm", embed_norm_);
  for (std::size_t layer = 0; layer < depthwise_norms_.size(); ++layer) {
    append_statistics(list, layer_name("depthwise", layer), depthwise_norms_[layer]);
    append_statistics(list, layer_name("pointwise", layer), pointwise_norms_[layer]);
  }
  return list;
}

void ConvMixer::move_to(const torch::TensorOptions& options) {
  for (auto& [name, tensor] : buffers()) tensor.set_data(tensor.to(options));
  for (auto* weights : {&depthwise_, &depthwise_bias_, &pointwise_, &pointwise_bias_})
    (*weights)->move_to(options);
}

ConvMixer::Weights ConvMixer::weights() const {
  return {depthwise_->by_layer(), depthwise_bias_->by_layer(), pointwise_->by_layer(),
          pointwise_bias_->by_layer()};
}

torch::Tensor ConvMixer::forward(const torch::Tensor& images, const Weights& weights, Mode mode) const {
  auto x =
      embed(images, {embed_weight_, embed_bias_, &embed_norm_}, network_.activation, mode);  // [N, C, H, W]
  for (std::size_t layer = 0; layer < depthwise_norms_.size(); ++layer) {
    x = depthwise_half(x, {weights.depthwise[layer], weights.depthwise_bias[layer], &depthwise_norms_[layer]},
                       network_.activation, mode);
    x = pointwise_half(x, {weights.pointwise[layer], weights.pointwise_bias[layer], &pointwise_norms_[layer]},
                       network_.activation, network_.pointwise_residual, mode);
  }
  auto features = global_average(x);  // [N, C]
  if (network_.dropout > 0) features = torch::dropout(features, network_.dropout, mode == Mode::train);
  return torch::linear(features, head_weight_, head_bias_);
}

std::vector<NamedTensor> ConvMixer::folded() const {
  const torch::NoGradGuard no_grad;
  std::vector<NamedTensor> list{{"embed.weight", embed_weight_}, {"embed.bias", embed_bias_}};
  for (const auto* weights : {&depthwise_, &depthwise_bias_, &pointwise_, &pointwise_bias_})
    (*weights)->append_folded(list);
  for (const auto& entry : norms()) list.push_back(entry);
  for (const auto& entry : buffers()) list.push_back(entry);
  list.push_back({"head.weight", head_weight_});
  list.push_back({"head.bias", head_bias_});
  for (auto& entry : list) entry.tensor = entry.tensor.detach().to(torch::kCPU).clone();
  return list;
}

Cost ConvMixer::cost() const {
  const torch::NoGradGuard no_grad;
  const std::int64_t positions = spin::positions(network_);
  const std::int64_t norm_flops = kNormFlops * network_.channels;
  Cost cost;
  for (const auto& entry : folded()) cost.params += entry.tensor.numel();
  for (const auto& entry : buffers()) cost.params -= entry.tensor.numel();
  // Each layer multiplies with its weight at every position, whether it shares it or not.
  const auto in_use = weights();
  cost.flops = (embed_weight_.numel() + norm_flops) * positions + head_weight_.numel();
  for (std::size_t layer = 0; layer < in_use.depthwise.size(); ++layer)
    cost.flops +=
        (in_use.depthwise[layer].numel() + in_use.pointwise[layer].numel() + 2 * norm_flops) * positions;
  return cost;
}

std::vector<NamedTensor> ConvMixer::norms() const {
  std::vector<Parameter> parameters;
  append_norm(parameters, "embed.norm", embed_norm_);
  for (std::size_t layer = 0; layer < depthwise_norms_.size(); ++layer) {
    append_norm(parameters, layer_name("depthwise", layer), depthwise_norms_[layer]);
    append_norm(parameters, layer_name("pointwise", layer), pointwise_norms_[layer]);
  }
  std::vector<NamedTensor> list;
  for (const auto& parameter : parameters) list.push_back({parameter.name, parameter.value});
  return list;
}

Status ConvMixer::load(const TensorFile& file, const std::string& file_name) {
  std::vector<NamedTensor> wanted{{"embed.weight", embed_weight_},
                                  {"embed.bias", embed_bias_},
                                  {"head.weight", head_weight_},
                                  {"head.bias", head_bias_}};
  for (const auto* weights : {&depthwise_, &depthwise_bias_, &pointwise_, &pointwise_bias_})
    (*weights)->append_originals(wanted);
  for (const auto& entry : norms()) wanted.push_back(entry);
  for (const auto& entry : buffers()) wanted.push_back(entry);
  for (const auto& [name, tensor] : wanted)
    SPIN_TRY(copy_checked(file.find(name), tensor, file_name + ": tensor '" + name + "'"));
  return {};
}

}  // namespace spin
