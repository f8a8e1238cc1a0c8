#pragma once

#include <filesystem>
#include <string>

#include "schema/base/result.h"
#include "server/store/database_copy.h"

namespace spin {

struct CopyOptions {
  bool replace = false;             ///< a target that is there already
  std::uint64_t reserve_bytes = 0;  ///< that stay free on the target's disk
};

/// Copies the live database of this process, whose writer goes on, into one plain file, which appears whole,
/// checked and durable, or not at all. It holds all that was committed before some moment of the call.
/// Blocks. invalid_argument: the target is the database itself or a folder; already_exists: it is there;
/// failed_precondition: it is in use; not_found: its folder is not there; and the errors of
/// DatabaseCopy::make().
Result<CopySummary> back_up_database(const std::filesystem::path& source, const std::filesystem::path& target,
                                     const CopyOptions& options, const CopyProgress& progress);

struct RestoreReport {
  CopySummary restored;
  std::filesystem::path
      moved_to;  ///< where the database went that was there before; empty where there was none
};

/// Puts a backup in the place of a database that no spind holds (else already_exists). One that is there
/// already is moved to PATH.before-restore-N, with its log, where `options` allow it (else already_exists).
/// data_loss: the backup is damaged, or not a database of spin; failed_precondition: a newer spin made it.
Result<RestoreReport> restore_database(const std::filesystem::path& backup,
                                       const std::filesystem::path& target, const CopyOptions& options,
                                       const CopyProgress& progress);

}  // namespace spin
