#include "schema/sweep/read_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <string_view>

#include "schema/base/text.h"
#include "schema/sweep/number.h"

namespace spin::sweep {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;

bool is_plain(const YamlValue& value) { return value.kind == YamlValue::Kind::scalar && !value.quoted; }

}  // namespace

Error expected(const YamlValue& value, const std::string& wanted) {
  const std::string quoted = value.quoted ? " in quotes" : "";
  const auto hidden = value.kind == YamlValue::Kind::scalar ? hidden_characters(value.text) : std::string();
  return {ErrorCode::invalid_argument, describe(value) + quoted + " stands here" +
                                           (hidden.empty() ? "" : ", with " + hidden + " in it") + "; " +
                                           wanted + " is expected"};
}

namespace {

/// The number that a value is; what is not one is told what would do.
Result<Number> number_of(const YamlValue& value, const std::string& wanted) {
  if (!is_plain(value)) return expected(value, wanted);
  auto read = read_number(value.text);
  if (auto* number = std::get_if<Number>(&read)) return std::move(*number);
  const auto& advice = std::get<NotANumber>(read).advice;
  if (advice.empty()) return expected(value, wanted);
  return Error{ErrorCode::invalid_argument, describe(value) + " " + advice};
}

}  // namespace

Status read_value(const YamlValue& value, std::int64_t& out) {
  SPIN_ASSIGN(const auto number, number_of(value, "a whole number"));
  if (to_whole(number, out)) return {};
  return expected(value, number.exponent < 0 ? "a whole number" : "a whole number from -2^63 to below 2^63");
}

Status read_value(const YamlValue& value, int& out) {
  std::int64_t wide = 0;
  SPIN_TRY(read_value(value, wide));
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
    return expected(value, "a whole number below 2^31");
  out = static_cast<int>(wide);
  return {};
}

Status read_value(const YamlValue& value, double& out) {
  SPIN_ASSIGN(const auto number, number_of(value, "a number"));
  if (to_double(number, out)) return {};
  return expected(value, "a number");
}

Status read_value(const YamlValue& value, bool& out) {
  const auto is_one_of = [&value](std::initializer_list<std::string_view> spellings) {
    return std::find(spellings.begin(), spellings.end(), value.text) != spellings.end();
  };
  const bool is_true = is_one_of({"true", "True", "TRUE"});
  if (!is_plain(value) || (!is_true && !is_one_of({"false", "False", "FALSE"})))
    return expected(value, "true or false");
  out = is_true;
  return {};
}

Status read_value(const YamlValue& value, std::string& out) {
  if (value.kind != YamlValue::Kind::scalar) return expected(value, "text");
  if (value.text.size() > kMaxTextBytes)
    return expected(value, "text of at most " + std::to_string(kMaxTextBytes) + " bytes");
  if (has_control_characters(value.text))
    return Error{ErrorCode::invalid_argument,
                 "holds " + hidden_characters(value.text) + "; text on one line is expected"};
  out = value.text;
  return {};
}

Status read_value(const YamlValue& value, Components& out) {
  std::vector<Component> list;
  SPIN_TRY(read_value(value, list));
  Components components;
  for (const auto component : list) components.add(component);
  out = components;
  return {};
}

Status read_value(const YamlValue& value, std::optional<RandAugment>& out) {
  const bool none =
      value.kind == YamlValue::Kind::null || (value.kind == YamlValue::Kind::scalar && value.text == "none");
  if (!none) return expected(value, "none, or a map with layers and magnitude,");
  out.reset();
  return {};
}

std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(int value) { return std::to_string(value); }
std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(const std::string& value) { return value; }

std::string text_of(double value) {
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

std::string text_of(const std::vector<int>& value) {
  std::string text;
  for (const int item : value) (text += text.empty() ? "" : " ") += std::to_string(item);
  return text;
}

std::string text_of(Components value) {
  std::string text;
  for (const auto& entry : enum_names<Component>())
    if (value.has(entry.value)) (text += text.empty() ? "" : "+") += entry.name;
  return text;
}

std::string text_of(const std::optional<RandAugment>& value) {
  return value ? text_of(value->layers) + "x" + text_of(value->magnitude) : "none";
}

}  // namespace spin::sweep
