#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "schema/base/result.h"

namespace spin {

/// Where a backup that a peer asked for goes: a file of `folder`, the only one that peers may have anything
/// written to. Made for its owner only where it is missing, and cleared of what copies that were killed left
/// in it. `name` is a plain file name; empty: one of the time `now_ms` (Unix) that is not taken.
/// invalid_argument: no such name, or what is there is no backup of spin, which is never replaced;
/// already_exists: a backup of that name is there and `replace` does not allow to replace it.
Result<std::filesystem::path> path_of_backup(const std::filesystem::path& folder, const std::string& name,
                                             bool replace, std::int64_t now_ms);

}  // namespace spin
