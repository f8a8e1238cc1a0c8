#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "schema/base/file.h"
#include "schema/base/result.h"

// The lock of a coordinator's database: the file beside it with .lock behind its name. Who holds it
// exclusively is the one process that may write the database; who reads the database without that process
// holds it shared. It says in lines of text who holds it: the process id, then each address at which it
// serves.

namespace spin {

struct DatabaseHolder {
  pid_t pid = 0;  ///< 0 where it is not known, or of another name space of processes
  std::vector<std::string>
      addresses;  ///< "unix:PATH" with an absolute path, "HOST:PORT"; none until it serves
};

/// "spind pid 17, which listens at unix:/run/spin/spind.sock".
std::string to_text(const DatabaseHolder& holder);

/// The database's file behind links, and its lock file. The file itself may be missing.
std::filesystem::path canonical_database(const std::filesystem::path& database);
std::filesystem::path lock_of_database(const std::filesystem::path& database);

/// The process that may write the database now; none where nobody does.
std::optional<DatabaseHolder> who_holds_database(const std::filesystem::path& database);

/// Of the process that holds it: where it serves, as who_holds_database() then says.
Status record_addresses(const std::filesystem::path& database, const std::vector<std::string>& addresses);

}  // namespace spin
