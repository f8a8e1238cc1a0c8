#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/torch.h>

namespace spin {

/// A leaf that training changes.
struct Parameter {
  std::string name;
  torch::Tensor value;
  bool decays =
      false;  ///< weights of convolutions and linear layers; not biases, norms or fusion coefficients
};

/// All parameters in one flat tensor and all gradients in another, so that clipping and the optimizer run
/// once over everything. Each parameter becomes a view of the first, its gradient a view of the second. Those
/// that decay come first; otherwise the order is the caller's, and it is the layout of the optimizer's state
/// in checkpoints.
class FlatParameters {
 public:
  FlatParameters(const std::vector<Parameter>& parameters, torch::Device device);

  [[nodiscard]] torch::Tensor& values() { return values_; }
  [[nodiscard]] const torch::Tensor& values() const { return values_; }
  [[nodiscard]] torch::Tensor& gradients() { return gradients_; }
  [[nodiscard]] std::int64_t decaying() const { return decaying_; }  ///< elements

 private:
  torch::Tensor values_;     // [n]
  torch::Tensor gradients_;  // [n]
  std::int64_t decaying_ = 0;
};

/// Scales the gradients so that their global norm is `max_norm` at most, without waiting for the device.
/// Returns the norm before that: a scalar on the device.
torch::Tensor clip_gradients(torch::Tensor& gradients, double max_norm);

}  // namespace spin
