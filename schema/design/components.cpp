#include "schema/design/sharing.h"

namespace spin {

Components default_components(Family family) {
  switch (family) {
    case Family::convmixer:
      return {Component::pointwise};
    case Family::convnext:
      return {Component::pointwise, Component::depthwise};
    case Family::deit:
      return {Component::attention, Component::mlp};
  }
  return {};
}

Components family_components(Family family) {
  switch (family) {
    case Family::convmixer:
      return {Component::pointwise, Component::depthwise, Component::bias, Component::bn};
    case Family::convnext:
      return {Component::pointwise, Component::depthwise, Component::norm};
    case Family::deit:
      return {Component::attention, Component::mlp, Component::norm};
  }
  return {};
}

}  // namespace spin
