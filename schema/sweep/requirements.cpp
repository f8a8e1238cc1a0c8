#include "schema/sweep/requirements.h"

#include <nlohmann/json.hpp>

namespace spin {

std::string requirements_to_json(const Requirements& requirements) {
  auto json = nlohmann::json::object();
  if (requirements.device) json["device"] = to_string(*requirements.device);
  if (requirements.memory_bytes) json["memory_bytes"] = *requirements.memory_bytes;
  if (!requirements.labels.empty()) json["labels"] = requirements.labels;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<Requirements> requirements_from_json(const std::string& text) {
  try {
    const auto json = nlohmann::json::parse(text);
    Requirements requirements;
    if (json.contains("device"))
      requirements.device = json.at("device") == "cuda" ? Device::Kind::cuda : Device::Kind::cpu;
    if (json.contains("memory_bytes"))
      requirements.memory_bytes = json.at("memory_bytes").get<std::int64_t>();
    if (json.contains("labels")) requirements.labels = json.at("labels").get<std::vector<std::string>>();
    return requirements;
  } catch (const nlohmann::json::exception& error) {
    return Error{ErrorCode::data_loss, std::string("stored requirements cannot be read: ") + error.what()};
  }
}

}  // namespace spin
