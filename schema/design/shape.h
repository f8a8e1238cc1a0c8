#pragma once

#include <cstdint>

#include "schema/design/inventory.h"

namespace spin {

// What descriptions of families are written with.

constexpr std::int64_t kBatchNormFlops = 2;  ///< per output element (SPIN, Tables 1-10)
constexpr std::int64_t kLayerNormFlops = 5;

/// What a block normalises with.
enum class Norm { batch, layer };

/// What is added to the variance.
constexpr double epsilon_of(Norm norm) { return norm == Norm::batch ? 1e-5 : 1e-6; }

/// Sizes of a network.
struct Shape {
  explicit Shape(const Train& config);

  Network network;
  std::int64_t channels;
  std::int64_t places;  ///< spatial positions
  std::int64_t classes;
  std::int64_t image_channels;
  std::int64_t image;          ///< elements
  std::int64_t patch_weights;  ///< of the embedding, without its bias
  std::int64_t kernel_area;
  std::int64_t hidden;         ///< width inside the MLP
  std::int64_t hidden_tokens;  ///< width inside the token-mixing MLP
  std::int64_t kept;           ///< activations that survive around a nonlinearity
};

/// How weights start, and biases.
struct Starts {
  Start weight, bias;
};
/// PyTorch's default for convolutions and linear layers: kaiming_uniform(a = sqrt(5)).
Starts pytorch_start(std::int64_t fan_in);
/// Of the published ViT, DeiT, ConvNeXt: trunc_normal_(0.02), biases of 0.
inline constexpr Starts kNormalStart{{Start::Kind::normal, 0.02}, {Start::Kind::constant, 0}};

/// NAME.weight of `shape` and NAME.bias.
void add_affine(std::vector<TensorSpec>& list, std::string_view name, std::vector<std::int64_t> shape,
                const Starts& starts, std::optional<Component> weight = {},
                std::optional<Component> bias = {});
/// NAME.norm.weight and NAME.norm.bias of a norm over `channels`; for BatchNorm NAME.norm.mean and
/// NAME.norm.variance, too.
void add_norm(std::vector<TensorSpec>& list, std::string_view name, Norm norm, std::int64_t channels,
              std::optional<Component> component = {});
/// The patch embedding "embed" and the linear "head".
void add_embedding(Inventory& all, const Shape& shape, const Starts& starts);
void add_head(Inventory& all, const Shape& shape, const Starts& starts);

}  // namespace spin
