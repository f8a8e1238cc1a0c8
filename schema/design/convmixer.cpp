#include "schema/design/family.h"

namespace spin {
namespace {

/// Patch convolution, activation, BatchNorm; blocks of depthwise KxK and pointwise 1x1, each with bias,
/// activation and BatchNorm; global average pool; linear head (Trockman and Kolter, 2022). Initial values are
/// PyTorch's defaults.
Inventory convmixer_inventory(const Shape& shape) {
  const auto c = shape.channels;
  const std::int64_t kernel = shape.network.kernel;
  Inventory all;
  add_embedding(all, shape, pytorch_start(shape.image_channels * shape.network.patch * shape.network.patch));
  add_norm(all.before, "embed", Norm::batch, c);
  add_affine(all.block, "depthwise", {c, 1, kernel, kernel}, pytorch_start(shape.kernel_area),
             Component::depthwise, Component::bias);
  add_norm(all.block, "depthwise", Norm::batch, c, Component::bn);
  add_affine(all.block, "pointwise", {c, c, 1, 1}, pytorch_start(c), Component::pointwise, Component::bias);
  add_norm(all.block, "pointwise", Norm::batch, c, Component::bn);
  add_head(all, shape, pytorch_start(c));

  const auto norm_flops = kBatchNormFlops * c;
  all.block_flops = (c * shape.kernel_area + c * c + 2 * norm_flops) * shape.places;
  all.outside_flops = (shape.patch_weights + norm_flops) * shape.places + c * shape.classes;

  const auto map = c * shape.places;
  all.saved = {2 * (1 + shape.kept) * map, shape.image + shape.kept * map, map};
  return all;
}

}  // namespace

constinit const FamilyDescription kConvMixer{
    .family = Family::convmixer,
    .name = "convmixer",
    .fields = {NetworkField::kernel, NetworkField::activation, NetworkField::pointwise_residual},
    .components = {Component::pointwise, Component::depthwise, Component::bias, Component::bn},
    .default_components = {Component::pointwise},
    .norm = Norm::batch,
    .is_labelled_by_patch_and_kernel = true,
    .has_stochastic_depth = false,
    .inventory = convmixer_inventory};

}  // namespace spin
