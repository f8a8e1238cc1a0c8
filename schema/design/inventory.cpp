#include "schema/design/inventory.h"

#include <algorithm>

namespace spin {
namespace {

constexpr std::int64_t kBatchNormFlops = 2;  // per output element
constexpr std::int64_t kLayerNormFlops = 5;

BlockTensor weight(std::string_view name, std::optional<Component> component, std::int64_t out,
                   std::int64_t in) {
  return {name, component, TensorRole::weight, out, out * in};
}

BlockTensor vector(std::string_view name, std::optional<Component> component, std::int64_t out) {
  return {name, component, TensorRole::vector, out, out};
}

/// Shapes that all families have in common.
struct Shape {
  explicit Shape(const JobConfig& config)
      : channels(config.network.channels),
        places(positions(config.network)),
        classes(config.dataset.facts.classes),
        image(std::int64_t{config.dataset.facts.channels} * config.network.resolution *
              config.network.resolution),
        patch_weights(channels * config.dataset.facts.channels * config.network.patch * config.network.patch),
        kernel_area(std::int64_t{config.network.kernel} * config.network.kernel),
        hidden(hidden_channels(config.network)) {}

  [[nodiscard]] std::int64_t head_params() const { return channels * classes + classes; }
  [[nodiscard]] std::int64_t embed_params() const { return patch_weights + channels; }

  std::int64_t channels;
  std::int64_t places;  ///< spatial positions
  std::int64_t classes;
  std::int64_t image;          ///< elements
  std::int64_t patch_weights;  ///< of the embedding, without its bias
  std::int64_t kernel_area;
  std::int64_t hidden;  ///< width inside the MLP
};

/// Activations that survive around a nonlinearity: GELU keeps its input, ReLU only its output.
std::int64_t kept_by_activation(Activation activation) { return activation == Activation::gelu ? 2 : 1; }

/// Patch convolution, activation, BatchNorm; blocks of depthwise KxK and pointwise 1x1, each with bias,
/// activation and BatchNorm; global average pool; linear head (Trockman and Kolter, 2022).
Inventory convmixer(const JobConfig& config) {
  const Shape shape(config);
  const auto c = shape.channels;
  Inventory all;
  const auto half = [&](BlockTensor weights, std::string_view bias, std::string_view norm) {
    all.block.push_back(weights);
    all.block.push_back(vector(bias, Component::bias, c));
    all.block.push_back({norm, Component::bn, TensorRole::vector, c, 2 * c});
    all.block.push_back({norm, Component::bn, TensorRole::statistics, c, 2 * c});
  };
  half(weight("depthwise.weight", Component::depthwise, c, shape.kernel_area), "depthwise.bias",
       "depthwise.norm");
  half(weight("pointwise.weight", Component::pointwise, c, c), "pointwise.bias", "pointwise.norm");

  all.outside_params = shape.embed_params() + 2 * c + shape.head_params();
  all.outside_statistics = 2 * c;
  const auto norm_flops = kBatchNormFlops * c;
  all.block_flops = (c * shape.kernel_area + c * c + 2 * norm_flops) * shape.places;
  all.outside_flops = (shape.patch_weights + norm_flops) * shape.places + c * shape.classes;

  const auto map = c * shape.places;
  const auto kept = kept_by_activation(config.network.activation);
  all.saved = {2 * (1 + kept) * map, shape.image + kept * map, map};
  return all;
}

/// Patch stem with bias; blocks of depthwise KxK, LayerNorm, linear, activation, linear, layer scale,
/// residual; average pool, LayerNorm, head (Liu et al., 2022, Section 3.4: isotropic).
Inventory convnext(const JobConfig& config) {
  const Shape shape(config);
  const auto c = shape.channels;
  const auto hidden = shape.hidden;
  const bool scales = config.network.layer_scale > 0;
  Inventory all;
  all.block = {weight("depthwise.weight", Component::depthwise, c, shape.kernel_area),
               vector("depthwise.bias", Component::depthwise, c),
               {"norm", Component::norm, TensorRole::vector, c, 2 * c},
               weight("expand.weight", Component::pointwise, hidden, c),
               vector("expand.bias", Component::pointwise, hidden),
               weight("contract.weight", Component::pointwise, c, hidden),
               vector("contract.bias", Component::pointwise, c)};
  if (scales) all.block.push_back(vector("scale", std::nullopt, c));

  all.outside_params = shape.embed_params() + 2 * c + shape.head_params();
  all.block_flops = (c * shape.kernel_area + kLayerNormFlops * c + 2 * c * hidden) * shape.places;
  all.outside_flops = shape.patch_weights * shape.places + kLayerNormFlops * c + c * shape.classes;

  const auto map = c * shape.places;
  const auto wide = hidden * shape.places;
  const auto kept = kept_by_activation(config.network.activation);
  all.saved = {(3 + (scales ? 1 : 0)) * map + kept * wide, shape.image + map, std::max(map, wide)};
  return all;
}

/// Patch embedding, class token, learned positions; pre-norm blocks of attention and MLP; LayerNorm and head
/// on the class token alone (Touvron et al., 2021).
Inventory deit(const JobConfig& config) {
  const Shape shape(config);
  const auto c = shape.channels;
  const auto hidden = shape.hidden;
  const auto tokens = shape.places + 1;
  Inventory all;
  all.block = {{"attention.norm", Component::norm, TensorRole::vector, c, 2 * c},
               weight("qkv.weight", Component::attention, 3 * c, c),
               vector("qkv.bias", Component::attention, 3 * c),
               weight("projection.weight", Component::attention, c, c),
               vector("projection.bias", Component::attention, c),
               {"mlp.norm", Component::norm, TensorRole::vector, c, 2 * c},
               weight("expand.weight", Component::mlp, hidden, c),
               vector("expand.bias", Component::mlp, hidden),
               weight("contract.weight", Component::mlp, c, hidden),
               vector("contract.bias", Component::mlp, c)};

  all.outside_params = shape.embed_params() + c + tokens * c + 2 * c + shape.head_params();
  const auto attention = 2 * tokens * tokens * c;  // q k^T and the weighted sum of v
  all.block_flops = (4 * c * c + 2 * c * hidden + 2 * kLayerNormFlops * c) * tokens + attention;
  all.outside_flops = shape.patch_weights * shape.places + kLayerNormFlops * c + c * shape.classes;

  const auto map = c * tokens;
  const auto wide = hidden * tokens;
  const auto scores = config.network.heads * tokens * tokens;
  all.saved = {8 * map + 2 * wide + scores, shape.image + map, std::max({3 * map, wide, scores})};
  return all;
}

Inventory make_inventory(const JobConfig& config) {
  switch (config.network.family) {
    case Family::convmixer:
      return convmixer(config);
    case Family::convnext:
      return convnext(config);
    case Family::deit:
      return deit(config);
  }
  return {};
}

/// All that an inventory depends on.
struct Key {
  Network network;
  int image_channels = 0;
  int classes = 0;
  bool operator==(const Key&) const = default;
};

}  // namespace

const Inventory& inventory_of(const JobConfig& config) {
  thread_local Key held_key;
  thread_local Inventory held;
  const Key key{config.network, config.dataset.facts.channels, config.dataset.facts.classes};
  if (!(key == held_key)) {
    held = make_inventory(config);
    held_key = key;
  }
  return held;
}

}  // namespace spin
