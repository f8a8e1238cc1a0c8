#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "schema/base/result.h"

namespace spin {

/// What one query may take of memory and of the disk, so that none harms the others or the coordinator.
/// SQLite has one limit for all that a process allocates; a query runs on one thread, and what SQLite
/// allocates and writes there while the budget lives is counted against it. At the limit SQLite hears that
/// there is no more, and gives that one statement up.
class QueryBudget {
 public:
  struct Limits {
    std::int64_t memory_bytes = 0;
    std::int64_t disk_bytes = 0;      ///< of temporary files, which nobody else sees
    std::filesystem::path folder;     ///< where they are
    std::uint64_t reserve_bytes = 0;  ///< that stay free on its disk
  };
  /// Before SQLite is used for the first time; internal where it was.
  static Status prepare();
  /// The name of SQLite's file layer whose temporary files are counted.
  static Result<const char*> file_layer();

  explicit QueryBudget(Limits limits);
  ~QueryBudget();
  QueryBudget(const QueryBudget&) = delete;
  QueryBudget& operator=(const QueryBudget&) = delete;

  /// What the query went beyond: "64 MiB of memory"; empty where it did not.
  [[nodiscard]] const std::string& exceeded() const { return exceeded_; }

  // Asked by SQLite's layers, on the budget's thread.
  /// False where so many more bytes are too many; else they are counted.
  bool take_memory(std::int64_t bytes);
  void give_memory(std::int64_t bytes) { memory_ -= bytes; }
  bool take_disk(std::int64_t bytes);
  void give_disk(std::int64_t bytes) { disk_ -= bytes; }
  [[nodiscard]] std::string next_file();

 private:
  const Limits limits_;
  std::string exceeded_;
  std::int64_t memory_ = 0;  ///< below 0 where more was freed than allocated since
  std::int64_t disk_ = 0, disk_checked_ = 0;
};

}  // namespace spin
