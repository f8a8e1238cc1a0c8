#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include <torch/torch.h>

namespace spin {

/// Evenly from [-bound, bound].
struct Uniform {
  double bound = 0;
};
/// Around 0, cut at +-2: what the published ViT and ConvNeXt code calls trunc_normal_(std).
struct Normal {
  double deviation = 0;
};
struct Constant {
  double value = 0;
};
/// How a parameter starts.
using Initial = std::variant<Uniform, Normal, Constant>;

/// A float leaf on the CPU.
torch::Tensor draw_leaf(const std::vector<std::int64_t>& shape, const Initial& initial,
                        at::Generator& generator);

}  // namespace spin
