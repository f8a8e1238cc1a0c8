#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "schema/base/result.h"
#include "schema/design/config_text.h"
#include "server/store/database.h"

// Configurations in the database: canonical JSON in parts, because the jobs of a sweep differ in few of
// them.

namespace spin {

/// Stores parts that are new. Remembers what it stored as far as memory should go; a part that it has
/// forgotten is stored a second time.
class ConfigPartWriter {
 public:
  /// The database outlives the writer.
  static Result<ConfigPartWriter> make(Database& database);
  /// The list for job_config.parts. Inside a transaction of the caller.
  Result<std::string> store(const ConfigParts& config);
  /// After a transaction that was undone: forgets what it has not stored after all.
  Status forget_undone();

 private:
  Result<std::int64_t> id_of(std::string_view part);

  Statement insert_, last_;
  std::int64_t last_id_ = 0;
  std::unordered_map<std::string, std::int64_t> ids_;
  std::size_t bytes_ = 0;  ///< of ids_, about
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
