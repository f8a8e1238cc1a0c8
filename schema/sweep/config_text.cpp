#include "schema/sweep/config_text.h"

#include "schema/base/sha256.h"
#include "schema/design/config_json.h"

namespace spin {
namespace {

constexpr std::string_view kIdentityVersion = "spin-job-v1\n";

JobId id_of_text(std::string_view canonical_json) {
  Sha256 hash;
  hash.update(kIdentityVersion);
  hash.update(canonical_json);
  return JobId{hash.finish()};
}

}  // namespace

namespace sweep {

template <class T, class ToJson>
void ConfigText::append(Section<T>& section, const T& value, ToJson to_json) {
  for (const auto& held : section.held) {
    if (!held || !(held->value == value)) continue;
    text_ += held->text;
    return;
  }
  auto& place = section.held[section.next];
  section.next = (section.next + 1) % section.held.size();
  place = {value, to_json(value).dump()};
  text_ += place->text;
}

const std::string& ConfigText::of(const JobConfig& config) {
  // Keys in the order in which config_to_json() sorts them.
  text_ = "{\"dataset\":";
  append(dataset_, config.dataset, dataset_to_json);
  text_ += ",\"fusion\":";
  append(fusion_, config.fusion, fusion_to_json);
  text_ += ",\"init_from\":";
  text_ += config.init_from ? "\"" + config.init_from->hex() + "\"" : "null";
  text_ += ",\"network\":";
  append(network_, config.network, network_to_json);
  text_ += ",\"seed\":" + std::to_string(config.seed);
  text_ += ",\"sharing\":";
  append(sharing_, Sharing{config.topology, config.components},
         [](const Sharing& sharing) { return sharing_to_json(sharing.topology, sharing.components); });
  text_ += ",\"training\":";
  append(training_, config.training, training_to_json);
  text_ += ",\"transform\":";
  append(transform_, config.transform, transform_to_json);
  text_ += ",\"version\":" + std::to_string(kConfigVersion) + "}";
  return text_;
}

JobId ConfigText::id_of(const JobConfig& canonical_config) { return id_of_text(of(canonical_config)); }

}  // namespace sweep

JobId job_id(const JobConfig& canonical_config) {
  return id_of_text(config_to_json(canonical_config).dump());
}

}  // namespace spin
