#pragma once

#include <string>

namespace spin {

enum class TransformKind { none, affine };

/// f_i(W) = a * W + b on a shared weight, for each layer after the first of its group (SPIN, Eq. 1).
struct Transform {
  TransformKind kind = TransformKind::none;
  int group = 1;  ///< channels per group of the grouped pointwise convolution; divides the channels
  bool operator==(const Transform&) const = default;
};

/// "none" or "affine 64".
std::string transform_label(const Transform& transform);

}  // namespace spin
