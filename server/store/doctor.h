#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/upkeep.h"
#include "server/store/disk_room.h"

namespace spin {

struct DoctorInput {
  std::filesystem::path database;
  std::filesystem::path artifacts;  ///< folder
  std::filesystem::path backups{};  ///< folder, which need not be there; empty: not looked at
  std::filesystem::path socket;     ///< Unix socket; empty: not looked at
  bool deep = false;                ///< read every artifact and compare its hash
  std::int64_t now_ms = 0;          ///< wall clock, Unix
  std::uint64_t reserve_bytes = kReserveBytes;  ///< that shall stay free on each disk
  /// Asked now and then; false breaks the examination off.
  std::function<bool()> go_on = [] { return true; };
};

/// Looks at everything that a coordinator keeps, and changes nothing. Of the database of a spind that runs:
/// in its process only, or when nobody holds the database. One result for each check, in a fixed order; a
/// check that cannot be made has failed. unavailable: broken off.
Result<std::vector<CheckRow>> examine(const DoctorInput& input);

}  // namespace spin
