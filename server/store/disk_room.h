#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "schema/base/result.h"

// The one budget of the coordinator's disks: so much stays free on each, whatever uploads, backups and
// queries would write, because the database has to go on.

namespace spin {

/// What stays free on each disk where nobody says otherwise.
inline constexpr std::uint64_t kReserveBytes = std::uint64_t{256} << 20;

/// Whether the system says that a disk, or somebody's share of it, is full.
bool is_disk_full(int error_number);
/// The same, or that it has no more descriptors or memory to give: what fails so may go through later.
bool is_shortage(int error_number);

/// What an ordinary user may still write in the folder of `path`; internal where the system does not tell.
Result<std::uint64_t> free_bytes(const std::filesystem::path& folder);

/// resource_exhausted: "`what`: N bytes needed, M free, of which R stay free (--reserve-bytes)".
Error no_room(const std::string& what, const std::filesystem::path& folder, std::int64_t needed_bytes,
              std::uint64_t reserve_bytes);
/// no_room() where `needed_bytes` more in the folder would leave less than the reserve free. A disk that
/// cannot be asked says so when it is written to.
Status check_room(const std::string& what, const std::filesystem::path& folder, std::int64_t needed_bytes,
                  std::uint64_t reserve_bytes);

}  // namespace spin
