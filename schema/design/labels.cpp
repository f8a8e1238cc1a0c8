#include "schema/design/names.h"

namespace spin {

std::string sharing_label(const SharingRequest& request) {
  if (request.groups) return "groups " + *request.groups;
  if (request.layers) return "layers";
  if (request.mapping == Mapping::none) return "none";
  std::string label = std::string(enum_name(request.mapping)) + " " + std::to_string(request.rate);
  if (request.distribution != Distribution::uniform) (label += " ") += enum_name(request.distribution);
  if (request.mapping == Mapping::random && request.seed != 0)
    label += " seed " + std::to_string(request.seed);
  return label;
}

std::string transform_label(const Transform& transform) {
  std::string label(enum_name(transform.kind));
  if (transform.kind != TransformKind::none) label += " " + std::to_string(transform.group);
  return label;
}

std::string fusion_label(const Fusion& fusion) {
  std::string label(enum_name(fusion.strategy));
  if (fusion.strategy != FusionStrategy::none && fusion.init == FusionInit::random) label += " (random)";
  return label;
}

}  // namespace spin
