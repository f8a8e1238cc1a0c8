#include <algorithm>

#include "schema/design/family.h"

namespace spin {
namespace {

/// Patch stem with bias; blocks of depthwise KxK, LayerNorm, linear, activation, linear, layer scale,
/// residual; average pool, LayerNorm, head (Liu et al., 2022, Section 3.4: isotropic).
Inventory convnext_inventory(const Shape& shape) {
  const auto c = shape.channels;
  const auto hidden = shape.hidden;
  const std::int64_t kernel = shape.network.kernel;
  const double layer_scale = shape.network.layer_scale;
  Inventory all;
  add_embedding(all, shape, kNormalStart);
  add_affine(all.block, "depthwise", {c, 1, kernel, kernel}, kNormalStart, Component::depthwise,
             Component::depthwise);
  add_norm(all.block, "depthwise", Norm::layer, c, Component::norm);
  add_affine(all.block, "expand", {hidden, c}, kNormalStart, Component::pointwise, Component::pointwise);
  add_affine(all.block, "contract", {c, hidden}, kNormalStart, Component::pointwise, Component::pointwise);
  if (layer_scale > 0)
    all.block.push_back({"scale", "weight", {c}, TensorRole::vector, {Start::Kind::constant, layer_scale}});
  add_norm(all.after, "head", Norm::layer, c);
  add_head(all, shape, kNormalStart);

  all.block_flops = (c * shape.kernel_area + kLayerNormFlops * c + 2 * c * hidden) * shape.places;
  all.outside_flops = shape.patch_weights * shape.places + kLayerNormFlops * c + c * shape.classes;

  const auto map = c * shape.places;
  const auto wide = hidden * shape.places;
  all.saved = {(3 + (layer_scale > 0 ? 1 : 0)) * map + shape.kept * wide, shape.image + map,
               std::max(map, wide)};
  return all;
}

}  // namespace

constinit const FamilyDescription kConvNext{
    .family = Family::convnext,
    .name = "convnext",
    .fields = {NetworkField::kernel, NetworkField::activation, NetworkField::layer_scale,
               NetworkField::mlp_ratio},
    .components = {Component::pointwise, Component::depthwise, Component::norm},
    .default_components = {Component::pointwise, Component::depthwise},
    .norm = Norm::layer,
    .default_patch = 16,
    .default_kernel = 7,
    .inventory = convnext_inventory};

}  // namespace spin
