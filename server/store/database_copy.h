#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <utility>

#include "schema/base/file.h"
#include "schema/base/result.h"
#include "server/store/database.h"

namespace spin {

/// Called between steps of a copy, and while the copy is checked with done = total; false breaks it off.
using CopyProgress = std::function<bool(std::int64_t done_bytes, std::int64_t total_bytes)>;

/// What a copy holds.
struct CopySummary {
  std::int64_t bytes = 0;
  std::int64_t schema_version = 0;
  std::int64_t jobs = 0, results = 0;
};

/// A whole, checked and durable copy of a database that stands beside its target and goes with the object
/// unless publish() moves it there. One plain file, without a log, for its owner only.
class DatabaseCopy {
 public:
  /// Copies one moment of `source`, whose writer goes on meanwhile: what is committed later is not in the
  /// copy. Until the copy is made, the writer cannot reuse its log. already_exists: another copy to this
  /// target is being made; data_loss: `source` is damaged; resource_exhausted: no room beside the
  /// `reserve_bytes` that stay free on the target's disk; unavailable: broken off.
  static Result<DatabaseCopy> make(Database& source, const std::filesystem::path& target,
                                   std::uint64_t reserve_bytes, const CopyProgress& progress);
  ~DatabaseCopy();
  DatabaseCopy(DatabaseCopy&&) noexcept = default;
  DatabaseCopy& operator=(DatabaseCopy&&) = delete;

  /// Takes the place of the target, durably.
  Status publish();
  [[nodiscard]] const CopySummary& summary() const { return summary_; }

 private:
  DatabaseCopy(std::filesystem::path target, std::uint64_t reserve_bytes, FileDescriptor file)
      : target_(std::move(target)), reserve_bytes_(reserve_bytes), file_(std::move(file)) {}
  [[nodiscard]] std::filesystem::path temporary() const;
  Status fill(Database& source, const CopyProgress& progress);
  [[nodiscard]] Status check_free(std::int64_t needed_bytes) const;
  Status copy_pages(Database& source, Database& copy, std::int64_t page_bytes, const CopyProgress& progress);
  Status check(const Database& source, Database& copy, const CopyProgress& progress);
  Status summarize(Database& copy);

  std::filesystem::path target_;
  std::uint64_t reserve_bytes_;
  FileDescriptor file_;  ///< holds the lock of the temporary file; none once published
  CopySummary summary_;
};

/// Removes what copies to files of this folder left behind when their process was killed.
void remove_cut_copies(const std::filesystem::path& folder);

}  // namespace spin
