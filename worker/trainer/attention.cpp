#include "worker/trainer/attention.h"

#include <cmath>

namespace spin {

torch::Tensor attention(const torch::Tensor& x, const AttentionWeights& weights, int heads) {
  const auto images = x.size(0);
  const auto tokens = x.size(1);
  const auto channels = x.size(2);
  const auto width = channels / heads;
  const auto qkv = torch::linear(x.reshape({-1, channels}), weights.qkv.weight, weights.qkv.bias)
                       .view({images, tokens, 3, heads, width})
                       .permute({2, 0, 3, 1, 4});  // [3, N, heads, T, width]
  const auto part = [&](int i) { return qkv[i].reshape({images * heads, tokens, width}); };
  const auto queries = part(0) * (1 / std::sqrt(static_cast<double>(width)));
  const auto scores = torch::bmm(queries, part(1).transpose(1, 2)).softmax(-1);  // [N * heads, T, T]
  const auto mixed = torch::bmm(scores, part(2))                                 // [N * heads, T, width]
                         .view({images, heads, tokens, width})
                         .transpose(1, 2)
                         .reshape({-1, channels});  // [N * T, C]
  return torch::linear(mixed, weights.projection.weight, weights.projection.bias).view(x.sizes());
}

}  // namespace spin
