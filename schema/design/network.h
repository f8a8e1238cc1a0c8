#pragma once

#include <string>

#include "schema/base/result.h"

namespace spin {

enum class Family { convmixer, convnext, deit };
enum class Activation { gelu, relu };

/// Most blocks that a network may have.
inline constexpr int kMaxDepth = 1'024;
/// Most pixels of the side of an image.
inline constexpr int kMaxResolution = 4'096;

/// An isotropic network: every block has the same shape. Fields that a family does not use keep their
/// default.
struct Network {
  Family family = Family::convmixer;
  int channels = 0;    ///< C, width of every block
  int depth = 0;       ///< L, number of blocks
  int patch = 0;       ///< P, pixels; side and stride of the patch embedding
  int kernel = 0;      ///< K, odd, side of the depthwise convolution (convmixer, convnext)
  int resolution = 0;  ///< pixels, side of the square input image
  Activation activation = Activation::gelu;
  bool pointwise_residual = false;  ///< convmixer: residual around the pointwise half too
  double layer_scale = 0;           ///< convnext: initial value; 0 = none
  int heads = 0;                    ///< deit
  double mlp_ratio = 4;             ///< convnext, deit
  double dropout = 0;               ///< probability before the head

  bool operator==(const Network&) const = default;
};

/// "64/8/4/3" (C/D/P/K) for ConvMixer, "384/18" for ConvNeXt, "192/12" for DeiT, "@R" behind where the
/// resolution is not `native_resolution`.
std::string network_label(const Network& network, int native_resolution);

/// Number of spatial positions after the patch embedding: floor(resolution / patch)^2.
int positions(const Network& network);

/// Width inside the MLP of a convnext or deit block: channels * mlp_ratio.
int hidden_channels(const Network& network);

}  // namespace spin
