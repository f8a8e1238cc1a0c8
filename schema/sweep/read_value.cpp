#include "schema/sweep/read_value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace spin::sweep {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;

/// Reads all of `text` as a number.
template <class T>
bool parse_number(std::string_view text, T& out) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

bool is_plain(const Value& value) { return value.kind == Value::Kind::scalar && !value.quoted; }

}  // namespace

Error expected(const Value& value, const std::string& wanted) {
  const std::string quoted = value.quoted ? " in quotes" : "";
  return {ErrorCode::invalid_argument, describe(value) + quoted + " stands here; " + wanted + " is expected"};
}

Status read_value(const Value& value, std::int64_t& out) {
  if (is_plain(value) && parse_number(value.text, out)) return {};
  return expected(value, "a whole number");
}

Status read_value(const Value& value, int& out) {
  std::int64_t wide = 0;
  SPIN_TRY(read_value(value, wide));
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
    return expected(value, "a whole number below 2^31");
  out = static_cast<int>(wide);
  return {};
}

Status read_value(const Value& value, double& out) {
  if (is_plain(value) && parse_number(value.text, out) && std::isfinite(out)) return {};
  return expected(value, "a number");
}

Status read_value(const Value& value, bool& out) {
  if (!is_plain(value) || (value.text != "true" && value.text != "false"))
    return expected(value, "true or false");
  out = value.text == "true";
  return {};
}

Status read_value(const Value& value, std::string& out) {
  if (value.kind != Value::Kind::scalar) return expected(value, "text");
  if (value.text.size() > kMaxTextBytes)
    return expected(value, "text of at most " + std::to_string(kMaxTextBytes) + " bytes");
  for (const char byte : value.text)
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F)
      return Error{ErrorCode::invalid_argument, "holds a control character; text on one line is expected"};
  out = value.text;
  return {};
}

Status read_value(const Value& value, Components& out) {
  std::vector<Component> list;
  SPIN_TRY(read_value(value, list));
  Components components;
  for (const auto component : list) components.add(component);
  out = components;
  return {};
}

Status read_value(const Value& value, std::optional<RandAugment>& out) {
  const bool none =
      value.kind == Value::Kind::null || (value.kind == Value::Kind::scalar && value.text == "none");
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
