#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "schema/design/scaling.h"
#include "schema/design/task.h"

namespace spin {

/// One spelling of an enumerator, as sweep files and JSON write it.
template <class E>
struct EnumName {
  E value;
  std::string_view name;
};

/// The names of E in the order in which messages list them. Specialised for every enum of schema/design.
template <class E>
std::span<const EnumName<E>> enum_names();

/// Of a table of facts.
template <class E, class Facts, std::size_t kCount>
constexpr std::array<EnumName<E>, kCount> names_of(const std::array<Facts, kCount>& table, E Facts::*value) {
  std::array<EnumName<E>, kCount> names{};
  for (std::size_t i = 0; i < kCount; ++i) names[i] = {table[i].*value, table[i].name};
  return names;
}

template <>
std::span<const EnumName<Family>> enum_names();
template <>
std::span<const EnumName<Activation>> enum_names();
template <>
std::span<const EnumName<Mapping>> enum_names();
template <>
std::span<const EnumName<Distribution>> enum_names();
template <>
std::span<const EnumName<Component>> enum_names();
template <>
std::span<const EnumName<TransformKind>> enum_names();
template <>
std::span<const EnumName<FusionStrategy>> enum_names();
template <>
std::span<const EnumName<FusionInit>> enum_names();
template <>
std::span<const EnumName<Optimizer>> enum_names();
template <>
std::span<const EnumName<Schedule>> enum_names();
template <>
std::span<const EnumName<Precision>> enum_names();
template <>
std::span<const EnumName<Crop>> enum_names();
template <>
std::span<const EnumName<Keep>> enum_names();
template <>
std::span<const EnumName<Erase>> enum_names();
template <>
std::span<const EnumName<Scaling>> enum_names();
template <>
std::span<const EnumName<Match>> enum_names();
template <>
std::span<const EnumName<ArtifactKind>> enum_names();
template <>
std::span<const EnumName<InputRole>> enum_names();

template <class E>
std::string_view enum_name(E value) {
  for (const auto& entry : enum_names<E>())
    if (entry.value == value) return entry.name;
  return "?";
}

/// "gelu | relu".
template <class E>
std::string enum_choices() {
  std::string text;
  for (const auto& entry : enum_names<E>()) (text += text.empty() ? "" : " | ") += entry.name;
  return text;
}

template <class E>
Result<E> enum_from_name(std::string_view name) {
  for (const auto& entry : enum_names<E>())
    if (entry.name == name) return entry.value;
  return Error{ErrorCode::invalid_argument, "'" + std::string(name) + "' is none of " + enum_choices<E>()};
}

}  // namespace spin
