#include "worker/trainer/parameters.h"

namespace spin {
namespace {

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

torch::Tensor clip_gradients(torch::Tensor& gradients, double max_norm) {
  auto norm = gradients.norm();
  gradients.mul_((max_norm / (norm + kClipEpsilon)).clamp_max(1.0));
  return norm;
}

}  // namespace spin
