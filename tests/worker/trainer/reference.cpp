#include "tests/worker/trainer/reference.h"

#include <cmath>
#include <stdexcept>
#include <vector>

namespace spin {
namespace {

using torch::Tensor;

std::vector<int> members(const Topology& topology, int layer) {
  std::vector<int> list;
  const auto& groups = topology.layers();
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (groups[i] == groups[static_cast<std::size_t>(layer)]) list.push_back(static_cast<int>(i));
  return list;
}

int group_of(const Topology& topology, int layer) {
  return topology.layers()[static_cast<std::size_t>(layer)];
}

/// A_k V_k, where `coefficient` is A_k: a number, [out] or [out, out].
Tensor weighted(const Tensor& coefficient, const Tensor& original) {
  const auto rows = original.reshape({original.size(0), -1});
  if (coefficient.dim() == 2) return torch::matmul(coefficient, rows).reshape(original.sizes());
  return (coefficient.reshape({-1, 1}) * rows).reshape(original.sizes());
}

}  // namespace

ReferenceWeights::ReferenceWeights(const Train& config, const Model& model) : config_(config) {
  for (const auto& parameter : model.parameters())
    tensors_[parameter.name] = parameter.value.detach().to(torch::kDouble).clone().set_requires_grad(true);
  for (const auto& buffer : model.buffers()) tensors_[buffer.name] = buffer.tensor.to(torch::kDouble).clone();
}

Tensor ReferenceWeights::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw std::out_of_range("no tensor " + name);
  return found->second;
}

Tensor ReferenceWeights::own(const std::string& name, const std::string& kind, int layer) const {
  return at(name + "." + kind)[layer];
}

Tensor ReferenceWeights::statistic(const std::string& name, const std::string& kind, int layer) const {
  const bool shared = config_.components.has(Component::bn);
  return at(name + ".norm." + kind)[shared ? group_of(config_.topology, layer) : layer];
}

Tensor ReferenceWeights::fused(const std::string& name, const std::string& kind, FusionStrategy strategy,
                               int layer) const {
  if (strategy == FusionStrategy::none) return own(name, kind, group_of(config_.topology, layer));
  const auto layers = members(config_.topology, layer);
  if (strategy == FusionStrategy::choose_first) return own(name, kind, layers.front());
  Tensor sum;
  for (const int member : layers) {
    auto term = own(name, kind, member);
    if (strategy != FusionStrategy::mean) term = weighted(at(name + ".fusion." + kind)[member], term);
    sum = sum.defined() ? sum + term : term;
  }
  return sum / static_cast<double>(layers.size());
}

Tensor ReferenceWeights::transformed(const Tensor& weight, const std::string& name, int layer) const {
  // Layers that are the first of their group have none.
  int place = 0;
  for (int before = 0; before < layer; ++before)
    if (members(config_.topology, before).front() != before) ++place;
  const auto a = own(name, "transform.weight", place);  // [out, G]
  const auto b = own(name, "transform.bias", place);
  const std::int64_t group = config_.transform.group;
  std::vector<Tensor> channels;
  for (std::int64_t out = 0; out < weight.size(0); ++out) {
    auto channel = b[out] + torch::zeros_like(weight[0]);
    for (std::int64_t j = 0; j < group; ++j) channel = channel + a[out][j] * weight[out / group * group + j];
    channels.push_back(channel);
  }
  return torch::stack(channels);
}

Tensor ReferenceWeights::weight(const std::string& name, Component shares, int layer) const {
  if (!config_.components.has(shares)) return own(name, "weight", layer);
  const auto plain = fused(name, "weight", config_.fusion.strategy, layer);
  const bool first = members(config_.topology, layer).front() == layer;
  return config_.transform.kind == TransformKind::none || first ? plain : transformed(plain, name, layer);
}

Tensor ReferenceWeights::vector(const std::string& name, const std::string& kind, Component shares,
                                int layer) const {
  if (!config_.components.has(shares)) return own(name, kind, layer);
  auto strategy = config_.fusion.strategy;
  if (strategy != FusionStrategy::none && strategy != FusionStrategy::choose_first)
    strategy = FusionStrategy::mean;
  return fused(name, kind, strategy, layer);
}

Tensor reference_patches(const ReferenceWeights& weights, const Tensor& images) {
  const int patch = weights.config().network.patch;
  const auto side = images.size(2) / patch;
  const auto weight = weights.at("embed.weight").flatten(1);  // [C, Cin * P * P]
  std::vector<Tensor> positions;
  for (std::int64_t y = 0; y < side; ++y)
    for (std::int64_t x = 0; x < side; ++x) {
      const auto piece = images.narrow(2, y * patch, patch).narrow(3, x * patch, patch).flatten(1);
      positions.push_back(torch::matmul(piece, weight.t()) + weights.at("embed.bias"));
    }
  return torch::stack(positions, 2).view({images.size(0), weight.size(0), side, side});
}

Tensor reference_depthwise(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const auto kernel = weight.size(2);
  const auto pad = kernel / 2;
  const auto padded = torch::constant_pad_nd(x, {pad, pad, pad, pad});
  auto out = torch::zeros_like(x) + bias.view({1, -1, 1, 1});
  for (std::int64_t dy = 0; dy < kernel; ++dy)
    for (std::int64_t dx = 0; dx < kernel; ++dx)
      out = out + padded.narrow(2, dy, x.size(2)).narrow(3, dx, x.size(3)) *
                      weight.select(3, dx).select(2, dy).reshape({1, -1, 1, 1});
  return out;
}

Tensor reference_layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const auto centred = x - x.mean(-1, /*keepdim=*/true);
  return centred / (centred.pow(2).mean(-1, /*keepdim=*/true) + 1e-6).sqrt() * weight + bias;
}

Tensor reference_activation(const Tensor& x, Activation activation) {
  if (activation == Activation::relu) return x.clamp_min(0);
  return x * 0.5 * (1 + torch::erf(x / std::sqrt(2.0)));
}

Tensor reference_logits(const ReferenceWeights& weights, Mode mode, const Tensor& images) {
  switch (weights.config().network.family) {
    case Family::convmixer:
      return reference_convmixer(weights, mode, images);
    case Family::convnext:
      return reference_convnext(weights, images);
    case Family::deit:
      return reference_deit(weights, images);
    case Family::mlp_mixer:
      return reference_mlp_mixer(weights, images);
  }
  return {};
}

}  // namespace spin
