#pragma once

#include <atomic>

namespace spin {

/// What fails in this program, whose fsync, link, sendfile and copy_file_range are not the C library's.
struct DiskFaults {
  std::atomic<bool> folders_do_not_sync{false};  ///< EIO
  std::atomic<int> failing_file_syncs{0};        ///< so many more end with EIO
  std::atomic<bool> is_other_full_disk{false};   ///< no links, and no room for copies
};
DiskFaults& disk_faults();

}  // namespace spin
