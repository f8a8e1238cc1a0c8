#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "schema/base/result.h"
#include "schema/design/names.h"

namespace spin {

/// Reads the keys of one JSON object and keeps the first thing that is wrong.
class JsonFields {
 public:
  /// `prefix`: dotted path of the object, empty for the outermost.
  JsonFields(const nlohmann::json& object, std::string prefix);

  /// The value of a key, or null when it is missing or something was wrong before.
  const nlohmann::json* find(const std::string& key);
  [[nodiscard]] std::string path(const std::string& key) const {
    return prefix_.empty() ? key : prefix_ + "." + key;
  }
  /// The same for a key that may be missing.
  const nlohmann::json* find_optional(const std::string& key);
  /// "PATH: 'VALUE' is not WANTED".
  void refuse(const std::string& key, const std::string& wanted);
  void refuse(Error error);

  void read(const std::string& key, bool& out);
  void read(const std::string& key, double& out);
  void read(const std::string& key, std::string& out);
  template <std::signed_integral T>
  void read(const std::string& key, T& out);
  template <class E>
  requires std::is_enum_v<E>
  void read(const std::string& key, E& out);

  /// Leaves `out` alone where a key that need not be there is missing.
  template <class T>
  void read_field(const std::string& key, T& out, bool is_required) {
    if (is_required || find_optional(key)) read(key, out);
  }

  /// What was wrong first; else a key that nothing has read.
  Status finish();

 private:
  const nlohmann::json& object_;
  std::string prefix_;
  std::vector<std::string> known_;
  Status status_;
};

template <std::signed_integral T>
void JsonFields::read(const std::string& key, T& out) {
  const auto* value = find(key);
  if (!value) return;
  constexpr auto kMax = std::numeric_limits<T>::max();
  const bool fits = value->is_number_unsigned()
                        ? value->get<std::uint64_t>() <= std::uint64_t{kMax}
                        : value->is_number_integer() && std::in_range<T>(value->get<std::int64_t>());
  if (!fits) return refuse(key, "a whole number within range");
  out = value->get<T>();
}

template <class E>
requires std::is_enum_v<E>
void JsonFields::read(const std::string& key, E& out) {
  const auto* value = find(key);
  if (!value) return;
  const auto parsed = value->is_string() ? enum_from_name<E>(value->get<std::string>()) : Error{};
  if (!parsed.ok()) return refuse(key, "one of " + enum_choices<E>());
  out = *parsed;
}

}  // namespace spin
