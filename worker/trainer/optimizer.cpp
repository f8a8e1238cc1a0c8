#include "worker/trainer/optimizer.h"

#include <cmath>

namespace spin {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

class AdamW final : public FlatOptimizer {
 public:
  AdamW(FlatParameters& parameters, double weight_decay)
      : parameters_(parameters),
        weight_decay_(weight_decay),
        first_(torch::zeros_like(parameters.values())),
        second_(torch::zeros_like(parameters.values())),
        scratch_(torch::empty_like(parameters.values())) {}

  void step(double learning_rate) override {
    const torch::NoGradGuard no_grad;
    ++steps_;
    auto& values = parameters_.values();
    const auto& gradients = parameters_.gradients();
    if (weight_decay_ != 0)
      values.narrow(0, 0, parameters_.decaying()).mul_(1 - learning_rate * weight_decay_);
    first_.mul_(kBeta1).add_(gradients, 1 - kBeta1);
    second_.mul_(kBeta2).addcmul_(gradients, gradients, 1 - kBeta2);
    const auto steps = static_cast<double>(steps_);
    const double correction1 = 1 - std::pow(kBeta1, steps);
    const double correction2 = 1 - std::pow(kBeta2, steps);
    torch::sqrt_out(scratch_, second_).div_(std::sqrt(correction2)).add_(kEpsilon);
    values.addcdiv_(first_, scratch_, -learning_rate / correction1);
  }

  std::vector<NamedTensor> state() const override {
    return {{"optimizer.first_moment", first_}, {"optimizer.second_moment", second_}};
  }
  void set_steps(std::int64_t steps) override { steps_ = steps; }

 private:
  FlatParameters& parameters_;
  double weight_decay_;
  torch::Tensor first_, second_, scratch_;  // [n]
  std::int64_t steps_ = 0;
};

class Sgd final : public FlatOptimizer {
 public:
  Sgd(FlatParameters& parameters, double weight_decay, double momentum)
      : parameters_(parameters), weight_decay_(weight_decay), momentum_(momentum) {
    if (momentum_ != 0) velocity_ = torch::zeros_like(parameters.values());
  }

  void step(double learning_rate) override {
    const torch::NoGradGuard no_grad;
    auto& values = parameters_.values();
    auto& gradients = parameters_.gradients();
    const auto decaying = parameters_.decaying();
    if (weight_decay_ != 0)
      gradients.narrow(0, 0, decaying).add_(values.narrow(0, 0, decaying), weight_decay_);
    if (momentum_ != 0) {
      velocity_.mul_(momentum_).add_(gradients);
      gradients.add_(velocity_, momentum_);
    }
    values.add_(gradients, -learning_rate);
  }

  std::vector<NamedTensor> state() const override {
    if (momentum_ == 0) return {};
    return {{"optimizer.velocity", velocity_}};
  }
  void set_steps(std::int64_t) override {}

 private:
  FlatParameters& parameters_;
  double weight_decay_;
  double momentum_;
  torch::Tensor velocity_;  // [n]; undefined without momentum
};

}  // namespace

std::unique_ptr<FlatOptimizer> make_optimizer(const Training& training, FlatParameters& parameters) {
  if (training.optimizer == Optimizer::sgd)
    return std::make_unique<Sgd>(parameters, training.weight_decay, training.momentum);
  return std::make_unique<AdamW>(parameters, training.weight_decay);
}

}  // namespace spin
