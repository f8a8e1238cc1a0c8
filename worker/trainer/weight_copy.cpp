#include "worker/trainer/weight_copy.h"

#include <utility>

namespace spin {

WeightCopy::WeightCopy(FlatParameters& network, std::vector<NamedTensor> buffers) {
  names_.emplace_back("parameters");
  originals_.push_back(network.values());
  for (auto& [name, tensor] : buffers) {
    names_.push_back(std::move(name));
    originals_.push_back(std::move(tensor));
  }
  const torch::NoGradGuard no_grad;
  for (const auto& original : originals_) copies_.push_back(original.clone());
}

void WeightCopy::store() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < copies_.size(); ++i) copies_[i].copy_(originals_[i]);
}

void WeightCopy::load() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < copies_.size(); ++i) originals_[i].copy_(copies_[i]);
}

void WeightCopy::exchange() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    const auto held = copies_[i].clone();
    copies_[i].copy_(originals_[i]);
    originals_[i].copy_(held);
  }
}

void WeightCopy::average(double decay) {
  const torch::NoGradGuard no_grad;
  torch::_foreach_mul_(copies_, decay);
  torch::_foreach_add_(copies_, originals_, 1 - decay);
}

std::vector<NamedTensor> WeightCopy::tensors(const std::string& prefix) const {
  std::vector<NamedTensor> list;
  for (std::size_t i = 0; i < copies_.size(); ++i) list.push_back({prefix + "." + names_[i], copies_[i]});
  return list;
}

}  // namespace spin
