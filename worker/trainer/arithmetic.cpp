#include "worker/trainer/arithmetic.h"

#include "schema/design/shape.h"

namespace spin {
namespace {

constexpr double kMomentum = 0.1;

}  // namespace

torch::Tensor flat(const torch::Tensor& x) { return x.permute({0, 2, 3, 1}).reshape({-1}); }

torch::Tensor unflat(const torch::Tensor& row, const torch::Tensor& like) {
  return row.view({like.size(0), like.size(2), like.size(3), like.size(1)}).permute({0, 3, 1, 2});
}

torch::Tensor add_flat(const torch::Tensor& a, const torch::Tensor& b) {
  return unflat(flat(a) + flat(b), a);
}

torch::Tensor activate(const torch::Tensor& row, Activation activation) {
  return activation == Activation::gelu ? torch::gelu(row) : torch::relu(row);
}

torch::Tensor patches(const torch::Tensor& images, const WeightAndBias& weights) {
  return torch::conv2d(images, weights.weight, weights.bias, /*stride=*/weights.weight.size(2));
}

torch::Tensor depthwise(const torch::Tensor& x, const WeightAndBias& weights) {
  return torch::conv2d(x, weights.weight, weights.bias, /*stride=*/1, /*padding=*/weights.weight.size(2) / 2,
                       /*dilation=*/1, /*groups=*/x.size(1));
}

torch::Tensor batch_norm(const torch::Tensor& x, const BatchNorm& norm, Mode mode) {
  return torch::batch_norm(x, norm.weight, norm.bias, norm.mean, norm.variance, mode == Mode::train,
                           kMomentum, epsilon_of(Norm::batch), /*cudnn_enabled=*/true);
}

torch::Tensor layer_norm(const torch::Tensor& x, const WeightAndBias& norm) {
  // CPU kernels take no bfloat16 beside float parameters; CUDA's autocast normalises in float of itself.
  return torch::layer_norm(x.to(norm.weight.scalar_type()), {x.size(-1)}, norm.weight, norm.bias,
                           epsilon_of(Norm::layer));
}

torch::Tensor mlp(const torch::Tensor& rows, const MlpWeights& weights, Activation activation) {
  const auto hidden = torch::linear(rows, weights.expand.weight, weights.expand.bias);  // [rows, H]
  return torch::linear(activate(hidden, activation), weights.contract.weight, weights.contract.bias);
}

torch::Tensor global_average(const torch::Tensor& x) { return x.mean({2, 3}); }

torch::Tensor classify(const torch::Tensor& features, const WeightAndBias& head, double dropout, Mode mode) {
  const auto kept = dropout > 0 ? torch::dropout(features, dropout, mode == Mode::train) : features;
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return torch::linear(kept.to(head.weight.scalar_type()), head.weight, head.bias);
}

}  // namespace spin
