#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "schema/base/result.h"

// On which file systems a database may lie: SQLite's write-ahead log needs memory that all its connections
// share, locks and syncs that hold, which hosts on a network do not give each other.

namespace spin {

/// Whether files of such a file system lie on other hosts: by the number that statfs(2) gives, and for those
/// of FUSE, which share one, by the type that mountinfo names, such as "fuse.sshfs".
bool is_network_file_system(std::uint32_t magic, std::string_view type);

/// The type of the file system that is mounted for device `major`:`minor` in the text of
/// /proc/self/mountinfo, such as "ext4"; empty where it is not there.
std::string type_from_mountinfo(std::string_view text, unsigned major, unsigned minor);

/// failed_precondition, with the type and what to do, where the folder of `database` lies on a network file
/// system.
Status check_local(const std::filesystem::path& database);

}  // namespace spin
