#pragma once

#include <cstdint>
#include <filesystem>

#include "schema/base/file.h"
#include "schema/base/result.h"
#include "server/store/database.h"

namespace spin {

/// The coordinator's database, migrated and locked for this process.
struct OpenDatabase {
  FileDescriptor lock, readers_lock;  ///< both outlive the connection
  Database connection;
  std::int64_t boot_epoch = 0;  ///< of this start, durable
};

/// Makes the file where there is none. already_exists: another spind holds it. failed_precondition: a newer
/// spin wrote it, or it lies on a network file system. data_loss: not a database of spin, or its head is
/// damaged; see quick_check() for the rest.
Result<OpenDatabase> open_database(const std::filesystem::path& path);

/// data_loss where the file is not as SQLite wrote it.
Status quick_check(Database& database);

/// Of the last start.
Result<std::int64_t> read_boot_epoch(Database& database);

/// Page cache of each connection, KiB.
inline constexpr int kCacheKib = 4096;

}  // namespace spin
