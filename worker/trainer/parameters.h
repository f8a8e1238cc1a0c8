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
  [[nodiscard]] torch::Tensor& gradients() { return gradients_; }
  [[nodiscard]] std::int64_t decaying() const { return decaying_; }  ///< elements

 private:
  torch::Tensor values_;     // [n]
  torch::Tensor gradients_;  // [n]
  std::int64_t decaying_ = 0;
};

/// Scales the gradients so that their global norm is `max_norm` at most, without waiting for the device.
void clip_gradients(torch::Tensor& gradients, double max_norm);

/// Loshchilov and Hutter's Adam with decoupled weight decay, over flat parameters; betas 0.9 and 0.999,
/// epsilon 1e-8.
class AdamW {
 public:
  AdamW(FlatParameters& parameters, double weight_decay);
  void step(double learning_rate);

  [[nodiscard]] const torch::Tensor& first_moment() const { return first_; }
  [[nodiscard]] const torch::Tensor& second_moment() const { return second_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }

 private:
  FlatParameters& parameters_;
  double weight_decay_;
  torch::Tensor first_, second_, scratch_;  // [n]
  std::int64_t steps_ = 0;
};

}  // namespace spin
