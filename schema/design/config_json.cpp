#include "schema/design/config_json.h"

#include <string>
#include <type_traits>

#include "schema/design/fields.h"
#include "schema/design/names.h"

namespace spin {

using nlohmann::json;

json dataset_to_json(const Dataset& dataset) {
  json out = {{"name", dataset.name},
              {"train_limit", dataset.train_limit},
              {"eval_limit", dataset.eval_limit},
              {"channels", dataset.facts.channels},
              {"classes", dataset.facts.classes},
              {"resolution", dataset.facts.resolution}};
  if (has_id(dataset.name)) out["id"] = dataset.id;
  return out;
}

namespace {

template <class T>
json value_to_json(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return enum_name(value);
  else
    return value;
}
json value_to_json(const std::optional<RandAugment>& value) {
  if (!value) return nullptr;
  const RandAugment defaults;
  json out = json::object();
  visit_randaugment_fields([&](const Field& field, auto member) {
    if (field.is_always_named || (*value).*member != defaults.*member)
      out[std::string(field.key)] = value_to_json((*value).*member);
  });
  return out;
}

}  // namespace

json network_to_json(const Network& network) {
  json out = {{"family", enum_name(network.family)}};
  visit_network_fields([&](const Field& field, auto member, auto has) {
    if (has(network)) out[std::string(field.key)] = value_to_json(network.*member);
  });
  return out;
}

json sharing_to_json(const Topology& topology, Components components) {
  json names = json::array();
  for (const auto& entry : enum_names<Component>())
    if (components.has(entry.value)) names.push_back(entry.name);
  return {{"layers", topology.layers()}, {"components", std::move(names)}};
}

json transform_to_json(const Transform& transform) {
  json out = {{"kind", enum_name(transform.kind)}};
  if (transform.kind != TransformKind::none) out["group"] = transform.group;
  return out;
}

json fusion_to_json(const Fusion& fusion) {
  json out = {{"strategy", enum_name(fusion.strategy)}};
  if (fusion.strategy != FusionStrategy::none) out["init"] = enum_name(fusion.init);
  return out;
}

json training_to_json(const Training& training) {
  const Training defaults;
  json out = json::object();
  visit_training_fields([&](const Field& field, auto member) {
    if (field.is_always_named || !(training.*member == defaults.*member))
      out[std::string(field.key)] = value_to_json(training.*member);
  });
  return out;
}

}  // namespace spin
