#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "schema/base/result.h"
#include "schema/design/config_text.h"
#include "server/store/database.h"
#include "server/store/numbered_rows.h"

// Configurations in the database: canonical JSON in parts, because the jobs of a sweep differ in few of
// them.

namespace spin {

/// What job.config says of a configuration whose parts have these numbers.
std::string list_of_parts(const std::array<std::int64_t, std::tuple_size_v<ConfigParts>>& numbers);

/// Stores parts that are new.
class ConfigPartWriter {
 public:
  /// The database outlives the writer.
  static Result<ConfigPartWriter> make(Database& database);
  /// The number of a part. Inside a transaction of the caller.
  Result<std::int64_t> store(const std::string& part);
  /// After a transaction that was undone.
  Status forget_undone() { return parts_.forget_undone(); }

 private:
  explicit ConfigPartWriter(NumberedRows parts) : parts_(std::move(parts)) {}
  NumberedRows parts_;
};

/// Puts configurations together again. Parts never change, so that it keeps those that it has read, within
/// bounds.
class ConfigPartReader {
 public:
  static Result<ConfigPartReader> make(Database& database);
  /// data_loss where the list names what is not there.
  Result<std::string> join(std::string_view parts);

 private:
  Result<const std::string*> text_of(std::int64_t id);

  Statement select_;
  std::unordered_map<std::int64_t, std::string> texts_;
  std::size_t bytes_ = 0;  ///< of texts_, about
};

}  // namespace spin
