#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "schema/design/names.h"
#include "schema/sweep/yaml.h"

// Typed readings of a YAML value. The error says what stands there and what would do, without the path.

namespace spin::sweep {

/// "'abc' stands here; WANTED is expected".
Error expected(const YamlValue& value, const std::string& wanted);

Status read_value(const YamlValue& value, std::int64_t& out);
Status read_value(const YamlValue& value, int& out);
Status read_value(const YamlValue& value, double& out);
Status read_value(const YamlValue& value, bool& out);
/// Text on one line, at most 4096 bytes.
Status read_value(const YamlValue& value, std::string& out);
Status read_value(const YamlValue& value, Components& out);
/// Only "none": its two numbers are settings of their own.
Status read_value(const YamlValue& value, std::optional<RandAugment>& out);

template <class E>
requires std::is_enum_v<E> Status read_value(const YamlValue& value, E& out) {
  const auto parsed = value.kind == YamlValue::Kind::scalar ? enum_from_name<E>(value.text) : Error{};
  if (!parsed.ok()) return expected(value, enum_choices<E>());
  out = *parsed;
  return {};
}

template <class T>
Status read_value(const YamlValue& value, std::vector<T>& out) {
  if (value.kind != YamlValue::Kind::list) return expected(value, "a list");
  std::vector<T> items(value.items.size());
  for (std::size_t i = 0; i < items.size(); ++i) SPIN_TRY(read_value(*value.items[i], items[i]));
  out = std::move(items);
  return {};
}

template <class T>
Status read_value(const YamlValue& value, std::optional<T>& out) {
  return read_value(value, out.emplace());
}

// How labels write a value.
std::string text_of(std::int64_t value);
std::string text_of(int value);
std::string text_of(double value);
std::string text_of(bool value);
std::string text_of(const std::string& value);
std::string text_of(const std::vector<int>& value);
std::string text_of(Components value);
std::string text_of(const std::optional<RandAugment>& value);
template <class E>
requires std::is_enum_v<E> std::string text_of(E value) { return std::string(enum_name(value)); }
template <class T>
std::string text_of(const std::optional<T>& value) {
  return value ? text_of(*value) : "none";
}

}  // namespace spin::sweep
