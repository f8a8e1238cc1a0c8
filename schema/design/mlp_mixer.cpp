#include <algorithm>

#include "schema/design/family.h"

namespace spin {
namespace {

/// Patch embedding; pre-norm blocks of an MLP over positions, the same for every channel, and an MLP over
/// channels, the same for every position; LayerNorm, average pool, head (Tolstikhin et al., 2021).
Inventory mlp_mixer_inventory(const Shape& shape) {
  const auto c = shape.channels;
  const auto hidden = shape.hidden;
  const auto mixed = shape.hidden_tokens;
  Inventory all;
  add_embedding(all, shape, kNormalStart);
  const auto add = [&all](std::string_view name, std::int64_t out, std::int64_t in, Component component) {
    add_affine(all.block, name, {out, in}, kNormalStart, component, component);
  };
  add_norm(all.block, "token", Norm::layer, c, Component::norm);
  add("token_expand", mixed, shape.places, Component::token_mixing);
  add("token_contract", shape.places, mixed, Component::token_mixing);
  add_norm(all.block, "mlp", Norm::layer, c, Component::norm);
  add("expand", hidden, c, Component::mlp);
  add("contract", c, hidden, Component::mlp);
  add_norm(all.after, "head", Norm::layer, c);
  add_head(all, shape, kNormalStart);

  all.block_flops = 2 * c * (mixed + hidden + kLayerNormFlops) * shape.places;
  all.outside_flops = (shape.patch_weights + kLayerNormFlops * c) * shape.places + c * shape.classes;

  const auto map = c * shape.places;
  const auto wide = hidden * shape.places;
  const auto across = c * mixed;
  // Each norm keeps its input and its output, each MLP the input and the output of its activation.
  all.saved = {4 * map + 2 * wide + 2 * across, shape.image + map, std::max({map, wide, across})};
  return all;
}

}  // namespace

constinit const FamilyDescription kMlpMixer{
    .family = Family::mlp_mixer,
    .name = "mlp_mixer",
    .fields = {NetworkField::mlp_ratio, NetworkField::token_ratio},
    .components = {Component::token_mixing, Component::mlp, Component::norm},
    .default_components = {Component::token_mixing, Component::mlp},
    .norm = Norm::layer,
    .default_patch = 16,
    .inventory = mlp_mixer_inventory};

}  // namespace spin
