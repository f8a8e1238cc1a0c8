#include "schema/design/json_fields.h"

#include <algorithm>

#include "schema/base/text.h"

namespace spin {

using nlohmann::json;

JsonFields::JsonFields(const json& object, std::string prefix) : object_(object), prefix_(std::move(prefix)) {
  if (!object_.is_object())
    refuse(Error{ErrorCode::invalid_argument, (prefix_.empty() ? "configuration" : prefix_) + ": is " +
                                                  object_.type_name() + "; an object is expected"});
}

const json* JsonFields::find_optional(const std::string& key) {
  known_.push_back(key);
  if (!status_.ok()) return nullptr;
  const auto found = object_.find(key);
  return found != object_.end() ? &*found : nullptr;
}

const json* JsonFields::find(const std::string& key) {
  if (const auto* found = find_optional(key)) return found;
  refuse(Error{ErrorCode::invalid_argument, path(key) + ": is missing; a configuration gives every setting"});
  return nullptr;
}

void JsonFields::refuse(const std::string& key, const std::string& wanted) {
  const std::string given = object_.at(key).dump(-1, ' ', false, json::error_handler_t::replace);
  refuse(Error{ErrorCode::invalid_argument, path(key) + ": " + shortened(given, 80) + " is not " + wanted});
}

void JsonFields::refuse(Error error) {
  if (status_.ok()) status_ = std::move(error);
}

void JsonFields::read(const std::string& key, bool& out) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_boolean()) return refuse(key, "true or false");
  out = value->get<bool>();
}

void JsonFields::read(const std::string& key, double& out) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_number()) return refuse(key, "a number");
  out = value->get<double>();
}

void JsonFields::read(const std::string& key, std::string& out) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_string()) return refuse(key, "text");
  out = value->get<std::string>();
}

Status JsonFields::finish() {
  if (!status_.ok()) return status_;
  for (const auto& [key, value] : object_.items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    std::string names;
    for (const auto& known : known_) (names += names.empty() ? "" : ", ") += known;
    return Error{ErrorCode::invalid_argument,
                 path(key) + ": is no key of a configuration; here stand " + names};
  }
  return {};
}

}  // namespace spin
