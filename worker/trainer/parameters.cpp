#include "worker/trainer/parameters.h"

#include <cmath>

namespace spin {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
constexpr double kClipEpsilon = 1e-6;  // torch.nn.utils.clip_grad_norm_'s

}  // namespace

FlatParameters::FlatParameters(const std::vector<Parameter>& parameters, torch::Device device) {
  const torch::NoGradGuard no_grad;
  std::int64_t total = 0;
  for (const auto& parameter : parameters) total += parameter.value.numel();
  values_ = torch::empty({total}, torch::TensorOptions(torch::kFloat).device(device));
  gradients_ = torch::zeros_like(values_);
  std::int64_t offset = 0;
  for (const bool decays : {true, false}) {
    for (const auto& parameter : parameters) {
      if (parameter.decays != decays) continue;
      auto leaf = parameter.value;
      const auto slice = [&](const torch::Tensor& flat) {
        return flat.narrow(0, offset, leaf.numel()).view(leaf.sizes());
      };
      const auto value = slice(values_);
      value.copy_(leaf);
      leaf.set_data(value);
      leaf.mutable_grad() = slice(gradients_);
      offset += leaf.numel();
    }
    if (decays) decaying_ = offset;
  }
}

void clip_gradients(torch::Tensor& gradients, double max_norm) {
  const auto scale = (max_norm / (gradients.norm() + kClipEpsilon)).clamp_max(1.0);
  gradients.mul_(scale);
}

AdamW::AdamW(FlatParameters& parameters, double weight_decay)
    : parameters_(parameters),
      weight_decay_(weight_decay),
      first_(torch::zeros_like(parameters.values())),
      second_(torch::zeros_like(parameters.values())),
      scratch_(torch::empty_like(parameters.values())) {}

void AdamW::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  ++steps_;
  auto& values = parameters_.values();
  const auto& gradients = parameters_.gradients();
  if (weight_decay_ != 0) values.narrow(0, 0, parameters_.decaying()).mul_(1 - learning_rate * weight_decay_);
  first_.mul_(kBeta1).add_(gradients, 1 - kBeta1);
  second_.mul_(kBeta2).addcmul_(gradients, gradients, 1 - kBeta2);
  const auto steps = static_cast<double>(steps_);
  const double correction1 = 1 - std::pow(kBeta1, steps);
  const double correction2 = 1 - std::pow(kBeta2, steps);
  torch::sqrt_out(scratch_, second_).div_(std::sqrt(correction2)).add_(kEpsilon);
  values.addcdiv_(first_, scratch_, -learning_rate / correction1);
}

}  // namespace spin
