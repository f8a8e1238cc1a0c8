#include <algorithm>
#include <string>
#include <type_traits>

#include "schema/base/text.h"
#include "schema/design/config_json.h"
#include "schema/design/fields.h"
#include "schema/design/json_fields.h"

namespace spin {
namespace {

using nlohmann::json;

Status read_dataset(const json& object, Dataset& dataset) {
  JsonFields fields(object, "dataset");
  fields.read("name", dataset.name);
  if (const auto facts = dataset_facts(dataset.name)) dataset.facts = *facts;
  if (has_id(dataset.name)) fields.read("id", dataset.id);
  fields.read("train_limit", dataset.train_limit);
  fields.read("eval_limit", dataset.eval_limit);
  fields.read("channels", dataset.facts.channels);
  fields.read("classes", dataset.facts.classes);
  fields.read("resolution", dataset.facts.resolution);
  return fields.finish();
}

Status read_network(const json& object, Network& network) {
  JsonFields fields(object, "network");
  fields.read("family", network.family);
  visit_network_fields([&](const Field& field, auto member, auto has) {
    if (has(network)) fields.read(std::string(field.key), network.*member);
  });
  return fields.finish();
}

bool is_layer_vector(const json& value) {
  if (!value.is_array()) return false;
  return std::all_of(value.begin(), value.end(), [&](const json& label) {
    return label.is_number_integer() && label >= 0 && label < value.size();
  });
}

Status read_sharing(const json& object, Train& config) {
  JsonFields fields(object, "sharing");
  if (const auto* layers = fields.find("layers")) {
    if (is_layer_vector(*layers))
      config.topology = Topology::from_labels(layers->get<std::vector<int>>());
    else
      fields.refuse("layers",
                    "a list with the group of each layer, whole numbers below the number of layers");
  }
  if (const auto* components = fields.find("components")) {
    for (const auto& name : components->is_array() ? *components : json::array({nullptr})) {
      const auto component = name.is_string() ? enum_from_name<Component>(name.get<std::string>()) : Error{};
      if (!component.ok()) {
        fields.refuse("components", "a list of " + enum_choices<Component>());
        break;
      }
      config.components.add(*component);
    }
  }
  return fields.finish();
}

Status read_transform(const json& object, Transform& transform) {
  JsonFields fields(object, "transform");
  fields.read("kind", transform.kind);
  if (transform.kind != TransformKind::none) fields.read("group", transform.group);
  return fields.finish();
}

Status read_fusion(const json& object, Fusion& fusion) {
  JsonFields fields(object, "fusion");
  fields.read("strategy", fusion.strategy);
  if (fusion.strategy != FusionStrategy::none) fields.read("init", fusion.init);
  return fields.finish();
}

Status read_randaugment(const json& value, std::optional<RandAugment>& randaugment) {
  if (value.is_null()) return {};
  JsonFields fields(value, "training.randaugment");
  randaugment.emplace();
  visit_randaugment_fields([&](const Field& field, auto member) {
    const std::string key(field.key);
    if (field.is_always_named || fields.find_optional(key)) fields.read(key, (*randaugment).*member);
  });
  return fields.finish();
}

Status read_training(const json& object, Training& training) {
  JsonFields fields(object, "training");
  Status inner;
  visit_training_fields([&](const Field& field, auto member) {
    const std::string key(field.key);
    if constexpr (std::is_same_v<decltype(member), std::optional<RandAugment> Training::*>) {
      if (const auto* value = fields.find(key); value && inner.ok())
        inner = read_randaugment(*value, training.*member);
    } else if (field.is_always_named || fields.find_optional(key)) {
      fields.read(key, training.*member);
    }
  });
  SPIN_TRY(inner);
  return fields.finish();
}

Status read_init_from(const json& value, std::optional<JobId>& init_from) {
  if (value.is_null()) return {};
  const auto digest = value.is_string() ? digest_from_hex(value.get<std::string>()) : Error{};
  if (!digest.ok())
    return Error{ErrorCode::invalid_argument, "init_from: " + shortened(value.dump(), 80) +
                                                  " is not null or a job's hash of 64 hexadecimal digits"};
  init_from = JobId{*digest};
  return {};
}

Status read_config(const json& object, Train& config) {
  JsonFields fields(object, "");
  int version = kConfigVersion;
  fields.read("version", version);
  if (version != kConfigVersion)
    return Error{ErrorCode::invalid_argument, "version: " + std::to_string(version) + " is not " +
                                                  std::to_string(kConfigVersion) + ", which this spin reads"};
  std::string task = "train";
  fields.read("task", task);
  if (task != "train") fields.refuse("task", "train");
  SPIN_TRY(fields.status());
  if (const auto* value = fields.find("dataset")) SPIN_TRY(read_dataset(*value, config.dataset));
  if (const auto* value = fields.find("network")) SPIN_TRY(read_network(*value, config.network));
  if (const auto* value = fields.find("sharing")) SPIN_TRY(read_sharing(*value, config));
  if (const auto* value = fields.find("transform")) SPIN_TRY(read_transform(*value, config.transform));
  if (const auto* value = fields.find("fusion")) SPIN_TRY(read_fusion(*value, config.fusion));
  if (const auto* value = fields.find("training")) SPIN_TRY(read_training(*value, config.training));
  fields.read("seed", config.seed);
  if (const auto* value = fields.find("init_from")) SPIN_TRY(read_init_from(*value, config.init_from));
  return fields.finish();
}

}  // namespace

Result<Train> config_from_json(const json& json) {
  Train config;
  SPIN_TRY(read_config(json, config));
  SPIN_TRY(validate(config));
  return config;
}

}  // namespace spin
