#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace spin {

/// Where this user's coordinator listens when nobody says otherwise:
/// "unix:$XDG_RUNTIME_DIR/spin/spind.sock", else "unix:/tmp/spin-UID/spind.sock".
std::string default_listen_address();

/// $XDG_RUNTIME_DIR; empty where it is not set, or relative, which its specification says to ignore.
std::string runtime_folder();

/// Where a coordinator of this user listens when nobody says otherwise: default_listen_address() first, then
/// the places of processes with another environment, as a login and cron have.
std::vector<std::string> default_addresses();

/// $XDG_STATE_HOME/spin/spind.db, else ~/.local/state/spin/spind.db.
std::filesystem::path default_database_path();

/// The path in "unix:PATH". invalid_argument for any other address, with the reason, and for a path longer
/// than the kernel takes.
Result<std::string> unix_socket_path(std::string_view address);

/// Makes the folder and its parents where they are missing, the new ones for their owner only (0700).
Status make_private_folders(const std::filesystem::path& folder);

}  // namespace spin
