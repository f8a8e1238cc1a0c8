#include "tests/crash/fault_vfs.h"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <sqlite3.h>

namespace spin {
namespace {

struct Installed {
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs vfs{};
  std::function<DiskAnswer(const DiskCall&)> hook;
};

Installed& installed() {
  static Installed only;
  return only;
}

/// The file of the real file system follows in memory.
struct FaultFile {
  sqlite3_file base;
  std::string path;
};

FaultFile& self(sqlite3_file* file) { return *reinterpret_cast<FaultFile*>(file); }
sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(FaultFile));
}

DiskAnswer ask(const DiskCall& call) { return installed().hook(call); }

int close(sqlite3_file* file) {
  const int code = real(file)->pMethods != nullptr ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
  self(file).~FaultFile();
  return code;
}

int read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  const auto answer = ask({DiskCall::Kind::read, self(file).path, offset, count, {}, false});
  return answer.code != SQLITE_OK ? answer.code
                                  : real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  const std::string_view view(static_cast<const char*>(bytes), static_cast<std::size_t>(count));
  const auto answer = ask({DiskCall::Kind::write, self(file).path, offset, count, view, false});
  if (answer.code == SQLITE_OK) return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
  if (answer.written > 0) {
    [[maybe_unused]] const int code =
        real(file)->pMethods->xWrite(real(file), bytes, static_cast<int>(answer.written), offset);
  }
  return answer.code;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  const auto answer = ask({DiskCall::Kind::truncate, self(file).path, size, 0, {}, false});
  return answer.code != SQLITE_OK ? answer.code : real(file)->pMethods->xTruncate(real(file), size);
}

/// The disk of a test needs no synchronizing: what is lost is decided by the test.
int sync(sqlite3_file* file, int) {
  return ask({DiskCall::Kind::sync, self(file).path, 0, 0, {}, false}).code;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int check_reserved(sqlite3_file* file, int* out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
int control(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int characteristics(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

constexpr sqlite3_io_methods kMethods = {
    2,         close,          read,    write,       truncate,        sync,    file_size, lock,
    unlock,    check_reserved, control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
    shm_unmap, nullptr,        nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* real_vfs = installed().real;
  std::memset(file, 0, sizeof(FaultFile) + static_cast<std::size_t>(real_vfs->szOsFile));
  const std::string path = name != nullptr ? name : "";
  int exists = 0;
  if (name != nullptr) real_vfs->xAccess(real_vfs, name, SQLITE_ACCESS_EXISTS, &exists);
  if (name != nullptr && exists == 0 && (flags & SQLITE_OPEN_CREATE) != 0) {
    if (const auto answer = ask({DiskCall::Kind::create, path, 0, 0, {}, false}); answer.code != 0)
      return answer.code;
  }
  const int code = real_vfs->xOpen(real_vfs, name, real(file), flags, out_flags);
  if (code != SQLITE_OK) return code;
  new (file) FaultFile{{&kMethods}, path};
  return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char* name, int sync_folder) {
  const auto answer = ask({DiskCall::Kind::remove, name, 0, 0, {}, sync_folder != 0});
  if (answer.code != SQLITE_OK) return answer.code;
  return installed().real->xDelete(installed().real, name, 0);
}

}  // namespace

FaultVfs::FaultVfs(std::function<DiskAnswer(const DiskCall&)> hook) {
  auto& only = installed();
  assert(only.real == nullptr);
  only.real = sqlite3_vfs_find(nullptr);
  only.hook = std::move(hook);
  only.vfs = *only.real;
  only.vfs.zName = "spin-fault";
  only.vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + only.real->szOsFile;
  only.vfs.pNext = nullptr;
  only.vfs.xOpen = open;
  only.vfs.xDelete = remove;
  sqlite3_vfs_register(&only.vfs, 1);
}

FaultVfs::~FaultVfs() {
  auto& only = installed();
  sqlite3_vfs_unregister(&only.vfs);
  sqlite3_vfs_register(only.real, 1);
  only.real = nullptr;
  only.hook = nullptr;
}

}  // namespace spin
