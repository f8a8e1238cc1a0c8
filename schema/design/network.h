#pragma once

#include <string>

#include "schema/base/result.h"
#include "schema/design/families.h"

namespace spin {

enum class Activation { gelu, relu };

/// Most blocks that a network may have.
inline constexpr int kMaxDepth = 1'024;
/// Most channels of a block.
inline constexpr int kMaxChannels = 16'384;
/// Largest side of a depthwise kernel.
inline constexpr int kMaxKernel = 63;
/// Most pixels of the side of an image.
inline constexpr int kMaxResolution = 4'096;

/// An isotropic network: every block has the same shape. Fields that a family does not use keep their
/// default.
struct Network {
  Family family = Family::convmixer;
  int channels = 0;    ///< C, width of every block
  int depth = 0;       ///< L, number of blocks
  int patch = 0;       ///< P, pixels; side and stride of the patch embedding
  int kernel = 0;      ///< K, odd, side of the depthwise convolution
  int resolution = 0;  ///< pixels, side of the square input image
  Activation activation = Activation::gelu;
  bool pointwise_residual = false;  ///< convmixer: residual around the pointwise half too
  double layer_scale = 0;           ///< convnext: initial value; 0 = none
  int heads = 0;                    ///< of the attention
  double mlp_ratio = 4;             ///< width inside the MLP over channels
  double token_ratio = 0.5;         ///< mlp_mixer: width inside the token-mixing MLP over channels
  double dropout = 0;               ///< probability before the head

  bool operator==(const Network&) const = default;
};

/// "64/8/4/3" (C/D/P/K) for ConvMixer, "192/12" (C/D) for the others, "@R" behind where the resolution is not
/// `native_resolution`.
std::string network_label(const Network& network, int native_resolution);

/// Number of spatial positions after the patch embedding: floor(resolution / patch)^2.
int positions(const Network& network);

/// Width inside the MLP of a block: channels * mlp_ratio.
int hidden_channels(const Network& network);
/// Width inside the token-mixing MLP: channels * token_ratio.
int hidden_tokens(const Network& network);

}  // namespace spin
