#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "schema/base/file.h"
#include "schema/base/result.h"

// The files of one database, beside SQLite: PATH, its log PATH-wal, the log's index PATH-shm, and PATH.lock.

namespace spin {

/// "PATH" with `suffix` behind it.
std::filesystem::path beside(std::filesystem::path path, const std::string& suffix);

/// data_loss: "database PATH `what`", and what to do about it.
Error damaged(const std::filesystem::path& path, const std::string& what);
/// internal: "PATH: reason of the system", or resource_exhausted as is_shortage() has it.
Error system_failure(const std::filesystem::path& path, int error_number);

/// By whatever link it is reached: one database has one lock. not_found where its folder is not there.
Result<std::filesystem::path> canonical_database_path(const std::filesystem::path& path);
/// already_exists, with the pid, where a spind holds it. `path` is canonical.
Result<FileDescriptor> lock_database(const std::filesystem::path& path);
/// A lock on the database itself: who reads it in a place where no spind has served it finds no PATH.lock and
/// has this one, shared. For who has PATH.lock and is to write. To be closed after all of this process's
/// connections, because closing it drops SQLite's locks.
Result<FileDescriptor> lock_out_readers(const std::filesystem::path& path);

/// What a database says of itself in its first bytes. SQLite's file format, section 1.3.
struct DatabaseHeader {
  std::uint64_t bytes = 0;  ///< of the whole file; 0 where the header may be older than the file
  bool has_log = false;     ///< it is in WAL mode
  std::uint32_t application_id = 0;
};
/// None where the file does not begin as an SQLite database does. An error is one of the system.
Result<std::optional<DatabaseHeader>> read_header(const std::filesystem::path& path);

/// Bytes of the file; 0 where there is none.
std::uint64_t size_of_file(const std::filesystem::path& path);

/// data_loss where a page of the last commit is neither wholly in the file nor in the log. SQLite reads what
/// is missing behind the end of a file as zeros, which the integrity check does not always notice. What a
/// loss of power leaves is never refused: a page that was on its way to the file is still in the log. Before
/// SQLite opens the file, because closing it here would drop SQLite's locks.
Status check_length(const std::filesystem::path& path);

}  // namespace spin
