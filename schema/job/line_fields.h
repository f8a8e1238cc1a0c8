#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "schema/base/result.h"

namespace spin {

/// 'TEXT', shortened, as a message shows what came on a line.
std::string excerpt(std::string_view text);

/// Reads the fields of one message between a worker and its trainer; remembers the first thing that was
/// wrong. Keys that nobody reads are passed over: the other side may be newer.
class LineFields {
 public:
  /// `json` must outlive it; `what` begins each complaint, as "event epoch".
  LineFields(const nlohmann::json& json, std::string what) : json_(json), what_(std::move(what)) {}

  [[nodiscard]] bool has(const char* key) const { return json_.contains(key); }
  std::string text(const char* key);
  std::string optional_text(const char* key) { return has(key) ? text(key) : std::string(); }
  bool flag_or(const char* key, bool usual);
  /// NaN where it is null, as which a number that is not finite travels.
  double real(const char* key);
  /// Null or no key where there is none.
  std::optional<double> optional_real(const char* key);
  std::int64_t count(const char* key, std::int64_t limit = std::numeric_limits<std::int64_t>::max());
  /// 0 where there is none.
  std::int64_t optional_count(const char* key) { return has(key) ? count(key) : 0; }
  int small(const char* key) { return static_cast<int>(count(key, std::numeric_limits<int>::max())); }
  int small_or(const char* key, int usual) { return has(key) ? small(key) : usual; }
  void refuse(const char* key, const std::string& expected) { fail(key, json_.at(key), expected); }

  /// The value, unless something was wrong on the way.
  template <class Variant, class T>
  Result<Variant> finish(T value) const {
    if (!message_.empty()) return Error{ErrorCode::invalid_argument, message_};
    return Variant(std::move(value));
  }

 private:
  const nlohmann::json* find(const char* key);
  void fail(const char* key, const nlohmann::json& value, const std::string& expected);

  const nlohmann::json& json_;
  std::string what_;
  std::string message_;
};

}  // namespace spin
