#include <algorithm>

#include "schema/design/family.h"

namespace spin {
namespace {

/// Patch embedding, class token, learned positions; pre-norm blocks of attention and MLP; LayerNorm and head
/// on the class token alone (Touvron et al., 2021).
Inventory deit_inventory(const Shape& shape) {
  const auto c = shape.channels;
  const auto hidden = shape.hidden;
  const auto tokens = shape.places + 1;
  Inventory all;
  add_embedding(all, shape, kNormalStart);
  all.before.push_back({"class_token", "", {c}, TensorRole::vector, kNormalStart.weight});
  all.before.push_back({"positions", "", {tokens, c}, TensorRole::vector, kNormalStart.weight});
  const auto add = [&all](std::string_view name, std::int64_t out, std::int64_t in, Component component) {
    add_affine(all.block, name, {out, in}, kNormalStart, component, component);
  };
  add_norm(all.block, "attention", Norm::layer, c, Component::norm);
  add("qkv", 3 * c, c, Component::attention);
  add("projection", c, c, Component::attention);
  add_norm(all.block, "mlp", Norm::layer, c, Component::norm);
  add("expand", hidden, c, Component::mlp);
  add("contract", c, hidden, Component::mlp);
  add_norm(all.after, "head", Norm::layer, c);
  add_head(all, shape, kNormalStart);

  const auto attention = 2 * tokens * tokens * c;  // q k^T and the weighted sum of v
  all.block_flops = (4 * c * c + 2 * c * hidden + 2 * kLayerNormFlops * c) * tokens + attention;
  all.outside_flops = shape.patch_weights * shape.places + kLayerNormFlops * c + c * shape.classes;

  const auto map = c * tokens;
  const auto wide = hidden * tokens;
  const auto scores = shape.network.heads * tokens * tokens;
  all.saved = {8 * map + 2 * wide + scores, shape.image + map, std::max({3 * map, wide, scores})};
  return all;
}

}  // namespace

constinit const FamilyDescription kDeit{.family = Family::deit,
                                        .name = "deit",
                                        .fields = {NetworkField::heads, NetworkField::mlp_ratio},
                                        .components = {Component::attention, Component::mlp, Component::norm},
                                        .default_components = {Component::attention, Component::mlp},
                                        .norm = Norm::layer,
                                        .default_patch = 16,
                                        .inventory = deit_inventory};

}  // namespace spin
