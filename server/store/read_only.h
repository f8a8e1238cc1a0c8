#pragma once

#include <filesystem>

#include "schema/base/file.h"
#include "schema/base/result.h"
#include "server/store/database.h"

namespace spin {

/// A database that no spind serves, opened for reading alone. Neither it nor what lies beside it is changed,
/// and while the object lives no spind opens it.
struct ReadOnlyDatabase {
  FileDescriptor lock;  ///< shared; outlives all connections
  Database connection;
  std::filesystem::path name;  ///< for further connections with Database::Mode::read_only
};

/// not_found: there is none. already_exists: a spind serves it. failed_precondition: another version's,
/// locked by another program, or its write-ahead log cannot be read where it lies. data_loss: not a database
/// of spin, or damaged.
Result<ReadOnlyDatabase> open_read_only(const std::filesystem::path& path);

}  // namespace spin
