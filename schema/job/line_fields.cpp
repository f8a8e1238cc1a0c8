#include "schema/job/line_fields.h"

#include "schema/base/text.h"

namespace spin {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kQuotedBytes = 120;

}  // namespace

std::string excerpt(std::string_view text) { return "'" + shortened(text, kQuotedBytes) + "'"; }

std::string LineFields::text(const char* key) {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) return fail(key, *value, "a string"), std::string();
  return value->get<std::string>();
}

bool LineFields::flag_or(const char* key, bool usual) {
  const auto found = json_.find(key);
  if (found == json_.end()) return usual;
  if (!found->is_boolean()) return fail(key, *found, "true or false"), usual;
  return found->get<bool>();
}

double LineFields::real(const char* key) {
  const Json* value = find(key);
  if (value == nullptr) return 0;
  if (value->is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!value->is_number()) return fail(key, *value, "a number"), 0;
  return value->get<double>();
}

std::optional<double> LineFields::optional_real(const char* key) {
  const auto found = json_.find(key);
  if (found == json_.end() || found->is_null()) return std::nullopt;
  return real(key);
}

std::int64_t LineFields::count(const char* key, std::int64_t limit) {
  const Json* value = find(key);
  if (value == nullptr) return 0;
  const bool fits =
      value->is_number_integer() &&
      !(value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(limit));
  if (!fits || value->get<std::int64_t>() < 0)
    return fail(key, *value, "a whole number from 0 to " + std::to_string(limit)), 0;
  return value->get<std::int64_t>();
}

const Json* LineFields::find(const char* key) {
  const auto found = json_.find(key);
  if (found != json_.end()) return &*found;
  if (message_.empty()) message_ = what_ + ": key '" + key + "' is missing";
  return nullptr;
}

void LineFields::fail(const char* key, const Json& value, const std::string& expected) {
  if (!message_.empty()) return;
  const auto given = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  message_ = what_ + ": " + key + " is " + excerpt(given) + ", expected " + expected;
}

}  // namespace spin
