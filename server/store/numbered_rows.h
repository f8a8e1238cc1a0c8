#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "schema/base/result.h"
#include "server/store/database.h"

namespace spin {

/// Writes rows that many others name by number, each once. Remembers what it wrote as far as memory should
/// go; a row that it has forgotten is written a second time, under another number.
class NumberedRows {
 public:
  /// `insert` takes the number and the values, `last` gives the highest number that is there. Both outlive
  /// the object, as does the database.
  static Result<NumberedRows> make(Database& database, std::string_view insert, std::string_view last);

  /// The number of the row that `key` tells from all others; none where it is to be written.
  [[nodiscard]] std::optional<std::int64_t> find(std::string_view key) const {
    const auto known = numbers_.find(key);
    return known == numbers_.end() ? std::nullopt : std::optional(known->second);
  }
  /// Its number. Inside a transaction of the caller.
  template <class... Values>
  Result<std::int64_t> insert(std::string_view key, const Values&... values) {
    SPIN_TRY(insert_.run(last_number_ + 1, values...));
    remember(key);
    return last_number_;
  }
  /// After a transaction that was undone: forgets what it has not written after all.
  Status forget_undone();

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  void remember(std::string_view key);

  Statement insert_, last_;
  std::int64_t last_number_ = 0;
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> numbers_;
  std::size_t bytes_ = 0;  ///< of numbers_, about
};

}  // namespace spin
