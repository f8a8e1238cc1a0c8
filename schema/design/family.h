#pragma once

#include <string_view>

#include "schema/design/inventory.h"
#include "schema/design/shape.h"

namespace spin {

/// Settings of a network that not every family has.
enum class NetworkField : std::uint8_t {
  kernel,
  activation,
  pointwise_residual,
  layer_scale,
  heads,
  mlp_ratio,
  token_ratio
};

/// What there is to know of a family of isotropic networks but for its arithmetic, which the trainer has.
struct FamilyDescription {
  Family family;
  std::string_view name;  ///< as sweep files and JSON write it
  EnumSet<NetworkField> fields;
  Components components;          ///< what a group may share
  Components default_components;  ///< what it shares where the sweep does not say
  Norm norm;
  int default_patch = 0;   ///< pixels; 0 = the sweep gives it
  int default_kernel = 0;  ///< the same
  bool is_labelled_by_patch_and_kernel = false;
  bool has_stochastic_depth = true;
  Inventory (*inventory)(const Shape& shape);
};

inline const FamilyDescription& describe(Family family) {
  return *kFamilies.at(static_cast<std::size_t>(family));
}

}  // namespace spin
