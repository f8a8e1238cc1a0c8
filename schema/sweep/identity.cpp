#include "schema/sweep/identity.h"

#include "schema/base/sha256.h"
#include "schema/design/config_json.h"

namespace spin {
namespace sweep {

template <class T, class ToJson>
const std::string& IdentityWriter::text_of(Section<T>& section, const T& value, ToJson to_json) {
  if (!section.held || !(*section.held == value)) {
    section.text = to_json(value).dump();
    section.held = value;
  }
  return section.text;
}

JobId IdentityWriter::id_of(const JobConfig& config) {
  // The text of config_to_json(config), whose keys are sorted.
  text_ = "spin-job-v1\n{\"dataset\":";
  text_ += text_of(dataset_, config.dataset, dataset_to_json);
  text_ += ",\"fusion\":";
  text_ += text_of(fusion_, config.fusion, fusion_to_json);
  text_ += ",\"init_from\":";
  text_ += config.init_from ? "\"" + config.init_from->hex() + "\"" : "null";
  text_ += ",\"network\":";
  text_ += text_of(network_, config.network, network_to_json);
  text_ += ",\"seed\":" + std::to_string(config.seed);
  text_ += ",\"sharing\":";
  text_ += text_of(sharing_, Sharing{config.topology, config.components}, [](const Sharing& sharing) {
    return sharing_to_json(sharing.topology, sharing.components);
  });
  text_ += ",\"training\":";
  text_ += text_of(training_, config.training, training_to_json);
  text_ += ",\"transform\":";
  text_ += text_of(transform_, config.transform, transform_to_json);
  text_ += ",\"version\":" + std::to_string(kConfigVersion) + "}";
  return JobId{sha256(text_)};
}

}  // namespace sweep

JobId job_id(const JobConfig& canonical_config) {
  return JobId{sha256("spin-job-v1\n" + config_to_json(canonical_config).dump())};
}

}  // namespace spin
