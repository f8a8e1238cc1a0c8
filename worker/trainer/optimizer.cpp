#include "worker/trainer/optimizer.h"

#include <cmath>

namespace spin {
namespace {

constexpr double kBeta2 = 0.999;

class AdamW final : public FlatOptimizer {
 public:
  AdamW(FlatParameters& parameters, double weight_decay, double eps)
      : parameters_(parameters),
        weight_decay_(weight_decay),
        eps_(eps),
        first_(torch::zeros_like(parameters.values())),
        second_(torch::zeros_like(parameters.values())),
        scratch_(torch::empty_like(parameters.values())) {}

  void step(double learning_rate, double beta1) override {
    const torch::NoGradGuard no_grad;
    ++steps_;
    auto& values = parameters_.values();
    const auto& gradients = parameters_.gradients();
    if (weight_decay_ != 0)
      values.narrow(0, 0, parameters_.decaying()).mul_(1 - learning_rate * weight_decay_);
    first_.mul_(beta1).add_(gradients, 1 - beta1);
    second_.mul_(kBeta2).addcmul_(gradients, gradients, 1 - kBeta2);
    const auto steps = static_cast<double>(steps_);
    const double correction1 = 1 - std::pow(beta1, steps);
    const double correction2 = 1 - std::pow(kBeta2, steps);
    torch::sqrt_out(scratch_, second_).div_(std::sqrt(correction2)).add_(eps_);
    values.addcdiv_(first_, scratch_, -learning_rate / correction1);
  }

  std::vector<NamedTensor> state() const override {
    return {{"optimizer.first_moment", first_}, {"optimizer.second_moment", second_}};
  }
  void set_steps(std::int64_t steps) override { steps_ = steps; }

 private:
  FlatParameters& parameters_;
  double weight_decay_, eps_;
  torch::Tensor first_, second_, scratch_;  // [n]
  std::int64_t steps_ = 0;
};

class Sgd final : public FlatOptimizer {
 public:
  Sgd(FlatParameters& parameters, double weight_decay, bool has_momentum)
      : parameters_(parameters), weight_decay_(weight_decay) {
    if (has_momentum) velocity_ = torch::zeros_like(parameters.values());
  }

  void step(double learning_rate, double momentum) override {
    const torch::NoGradGuard no_grad;
    auto& values = parameters_.values();
    auto& gradients = parameters_.gradients();
    const auto decaying = parameters_.decaying();
    if (weight_decay_ != 0)
      gradients.narrow(0, 0, decaying).add_(values.narrow(0, 0, decaying), weight_decay_);
    if (velocity_.defined()) {
      velocity_.mul_(momentum).add_(gradients);
      gradients.add_(velocity_, momentum);
    }
    values.add_(gradients, -learning_rate);
  }

  std::vector<NamedTensor> state() const override {
    if (!velocity_.defined()) return {};
    return {{"optimizer.velocity", velocity_}};
  }
  void set_steps(std::int64_t) override {}

 private:
  FlatParameters& parameters_;
  double weight_decay_;
  torch::Tensor velocity_;  // [n]; undefined without momentum
};

}  // namespace

std::unique_ptr<FlatOptimizer> make_optimizer(const Training& training, FlatParameters& parameters) {
  if (training.optimizer == Optimizer::sgd)
    return std::make_unique<Sgd>(parameters, training.weight_decay,
                                 training.momentum > 0 || training.cycle_momentum);
  return std::make_unique<AdamW>(parameters, training.weight_decay, training.eps);
}

}  // namespace spin
