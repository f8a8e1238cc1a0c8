#pragma once

#include <string>

#include "schema/design/names.h"
#include "schema/paper/published.h"

// Whether a configuration is that of a row of the paper's tables, judged by the values of the row.

namespace spin {

inline Topology topology_of(const PublishedRow& row) {
  SharingRequest request;
  request.mapping = *enum_from_name<Mapping>(row.mapping);
  if (request.mapping != Mapping::none)
    request.distribution = *enum_from_name<Distribution>(row.distribution);
  request.rate = row.share_rate;
  return *build_topology(request, row.depth);
}

/// "pointwise+depthwise", as the published data has it.
inline std::string components_text(const Components& components) {
  std::string text;
  for (const auto& entry : enum_names<Component>())
    if (components.has(entry.value)) (text += text.empty() ? "" : "+") += entry.name;
  return text;
}

inline bool is_network_of(const Network& network, const PublishedRow& row) {
  return enum_name(network.family) == row.family && network.channels == row.channels &&
         network.depth == row.depth && network.patch == row.patch &&
         network.kernel == row.kernel.value_or(0) && network.resolution == row.resolution;
}

inline bool is_row(const Train& config, const PublishedRow& row) {
  const bool affine = config.transform.kind == TransformKind::affine;
  const bool fused = config.fusion.strategy != FusionStrategy::none;
  return is_network_of(config.network, row) && config.topology == topology_of(row) &&
         components_text(config.components) == row.shared_components &&
         affine == row.transform_group.has_value() &&
         (!affine || config.transform.group == *row.transform_group) &&
         enum_name(config.fusion.strategy) == row.fusion &&
         (!fused || enum_name(config.fusion.init) == row.init);
}

}  // namespace spin
