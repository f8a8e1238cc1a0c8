#include "tests/worker/daemon/disk_faults.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace spin {

DiskFaults& disk_faults() {
  static DiskFaults faults;
  return faults;
}

namespace {

bool fails(int code) {
  errno = code;
  return true;
}

bool fails_to_sync(int fd) {
  struct ::stat known {};
  if (::fstat(fd, &known) != 0) return false;
  if (S_ISDIR(known.st_mode)) return disk_faults().folders_do_not_sync && fails(EIO);
  return disk_faults().failing_file_syncs > 0 && disk_faults().failing_file_syncs-- > 0 && fails(EIO);
}

}  // namespace
}  // namespace spin

extern "C" {

int fsync(int fd) { return spin::fails_to_sync(fd) ? -1 : static_cast<int>(::syscall(SYS_fsync, fd)); }

int link(const char* from, const char* to) noexcept {
  if (spin::disk_faults().is_other_full_disk && spin::fails(EXDEV)) return -1;
  return static_cast<int>(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

ssize_t sendfile(int out, int in, off_t* offset, size_t count) noexcept {
  if (spin::disk_faults().is_other_full_disk && spin::fails(ENOSPC)) return -1;
  return ::syscall(SYS_sendfile, out, in, offset, count);
}

ssize_t copy_file_range(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t count,
                        unsigned int flags) {
  if (spin::disk_faults().is_other_full_disk && spin::fails(ENOSPC)) return -1;
  return ::syscall(SYS_copy_file_range, in, in_offset, out, out_offset, count, flags);
}
}
