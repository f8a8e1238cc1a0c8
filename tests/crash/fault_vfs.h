#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// SQLite's own view of the disk, with a test in between.

namespace spin {

/// What SQLite is about to ask of the file system.
struct DiskCall {
  enum class Kind { create, read, write, truncate, sync, remove };
  Kind kind;
  std::string_view path;
  std::int64_t offset = 0;     ///< of a read or write; of a truncation, the new size
  std::int64_t size = 0;       ///< of a read or write, bytes
  std::string_view bytes;      ///< of a write
  bool folder_synced = false;  ///< of a removal: the folder is synchronized behind it
};

/// What becomes of the call: 0 lets it through; else a code of SQLite is answered, after `written` bytes of a
/// write went through.
struct DiskAnswer {
  int code = 0;
  std::int64_t written = 0;
};

/// While the object lives, it is the file system of every connection of the process that is opened, over
/// SQLite's default one; connections are closed before it goes. One at a time. The index of a write-ahead log
/// (-shm) is memory and no disk: calls about it are not seen.
class FaultVfs {
 public:
  /// Called on the thread that SQLite runs on.
  explicit FaultVfs(std::function<DiskAnswer(const DiskCall&)> hook);
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
};

}  // namespace spin
