#include "schema/design/json_fields.h"

#include <algorithm>

#include "schema/base/text.h"

namespace spin {

using nlohmann::json;

JsonFields::JsonFields(const json& object, std::string place, std::string separator)
    : object_(object), place_(std::move(place)), separator_(std::move(separator)) {
  if (!object_.is_object())
    refuse(Error{ErrorCode::invalid_argument, (place_.empty() ? "configuration" : place_) + ": is " +
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
  refuse(Error{ErrorCode::invalid_argument, path(key) + ": is missing"});
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

void JsonFields::read_real(const std::string& key, double& out) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_null()) return read(key, out);
  out = std::numeric_limits<double>::quiet_NaN();
}

void JsonFields::read_real(const std::string& key, std::optional<double>& out) {
  const auto* value = find_optional(key);
  if (!value || value->is_null()) return out.reset();
  read(key, out.emplace());
}

Status JsonFields::finish() {
  if (!status_.ok()) return status_;
  for (const auto& [key, value] : object_.items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    std::string names;
    for (const auto& known : known_) (names += names.empty() ? "" : ", ") += known;
    return Error{ErrorCode::invalid_argument, path(key) + ": is no key here; these are: " + names};
  }
  return {};
}

}  // namespace spin
