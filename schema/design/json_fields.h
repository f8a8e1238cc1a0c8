#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "schema/base/result.h"
#include "schema/design/names.h"

namespace spin {

/// Reads the keys of one JSON object and keeps the first thing that is wrong; what comes after that is left
/// as it was.
class JsonFields {
 public:
  /// `object` must outlive it. `place` begins each complaint: the path of the object, or what it is, as
  /// "event epoch"; empty for an outermost object. `separator` stands between it and a key.
  JsonFields(const nlohmann::json& object, std::string place, std::string separator = ".");

  /// The value of a key, or null when it is missing or something was wrong before.
  const nlohmann::json* find(const std::string& key);
  /// The same for a key that may be missing.
  const nlohmann::json* find_optional(const std::string& key);
  /// "PATH: 'VALUE' is not WANTED".
  void refuse(const std::string& key, const std::string& wanted);
  void refuse(Error error);

  // These leave `out` alone where something is wrong.
  void read(const std::string& key, bool& out);
  void read(const std::string& key, double& out);
  void read(const std::string& key, std::string& out);
  template <std::signed_integral T>
  void read(const std::string& key, T& out);
  template <class E>
  requires std::is_enum_v<E>
  void read(const std::string& key, E& out);
  /// A number that is not finite travels as null: NaN.
  void read_real(const std::string& key, double& out);
  /// No key, or null, is none.
  void read_real(const std::string& key, std::optional<double>& out);
  /// A whole number that is not negative.
  template <std::signed_integral T>
  void read_count(const std::string& key, T& out);
  /// Leaves `out` alone where the key is missing.
  template <class T>
  void read_optional(const std::string& key, T& out) {
    if (find_optional(key)) read(key, out);
  }

  /// What was wrong first. Keys that nothing has read are passed over: the other side may be newer.
  [[nodiscard]] Status status() const { return status_; }
  /// The same, strictly: else a key that nothing has read is wrong.
  Status finish();

 private:
  [[nodiscard]] std::string path(const std::string& key) const {
    return place_.empty() ? key : place_ + separator_ + key;
  }

  const nlohmann::json& object_;
  std::string place_, separator_;
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

template <std::signed_integral T>
void JsonFields::read_count(const std::string& key, T& out) {
  T value = out;
  read(key, value);
  if (status_.ok() && value < 0) return refuse(key, "a whole number that is not negative");
  out = value;
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
