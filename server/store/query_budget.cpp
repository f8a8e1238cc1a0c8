#include "server/store/query_budget.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include <malloc.h>
#include <sqlite3.h>
#include <unistd.h>

#include "server/store/disk_room.h"

namespace spin {
namespace {

constexpr std::int64_t kMib = 1 << 20;
/// So much is written between two looks at the disk.
constexpr std::int64_t kLookBytes = 4 * kMib;
constexpr char kLayerName[] = "spin-query";

thread_local QueryBudget* of_thread = nullptr;

// Memory: https://www.sqlite.org/c3ref/mem_methods.html

int usable_bytes(void* memory) { return static_cast<int>(malloc_usable_size(memory)); }

void* allocate(int bytes) {
  if (of_thread != nullptr && !of_thread->take_memory(bytes)) return nullptr;
  void* memory = std::malloc(static_cast<std::size_t>(bytes));
  if (of_thread != nullptr) of_thread->give_memory(bytes - (memory == nullptr ? 0 : usable_bytes(memory)));
  return memory;
}

void release(void* memory) {
  if (of_thread != nullptr && memory != nullptr) of_thread->give_memory(usable_bytes(memory));
  std::free(memory);
}

void* resize(void* memory, int bytes) {
  const int before = usable_bytes(memory);
  if (of_thread != nullptr && bytes > before && !of_thread->take_memory(bytes - before)) return nullptr;
  void* moved = std::realloc(memory, static_cast<std::size_t>(bytes));
  if (of_thread == nullptr) return moved;
  const int taken = std::max(bytes - before, 0);
  of_thread->give_memory(taken - (moved == nullptr ? 0 : usable_bytes(moved) - before));
  return moved;
}

// Temporary files: https://www.sqlite.org/c3ref/io_methods.html

/// Followed by the file of the layer below.
struct CountedFile {
  sqlite3_file base;
  std::int64_t bytes;
};
static_assert(sizeof(CountedFile) % alignof(std::max_align_t) == 0);

sqlite3_file* below(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<CountedFile*>(file) + 1);
}
std::int64_t& bytes_of(sqlite3_file* file) { return reinterpret_cast<CountedFile*>(file)->bytes; }

void resized(sqlite3_file* file, std::int64_t bytes) {
  if (of_thread != nullptr) of_thread->give_disk(bytes_of(file) - bytes);
  bytes_of(file) = bytes;
}

int close_file(sqlite3_file* file) {
  resized(file, 0);
  return below(file)->pMethods->xClose(below(file));
}

int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  const auto more = std::max<std::int64_t>(0, offset + count - bytes_of(file));
  if (of_thread != nullptr && !of_thread->take_disk(more)) return SQLITE_FULL;
  bytes_of(file) += more;
  return below(file)->pMethods->xWrite(below(file), from, count, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const int code = below(file)->pMethods->xTruncate(below(file), size);
  if (code == SQLITE_OK) resized(file, size);
  return code;
}

// As files of version 1, which cannot be mapped into memory or grown ahead.
constexpr sqlite3_io_methods kMethods = {
    1,
    close_file,
    [](sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
      return below(file)->pMethods->xRead(below(file), to, count, offset);
    },
    write_file,
    truncate_file,
    [](sqlite3_file*, int) { return SQLITE_OK; },  // nobody reads them after a crash
    [](sqlite3_file* file, sqlite3_int64* size) {
      return below(file)->pMethods->xFileSize(below(file), size);
    },
    [](sqlite3_file*, int) { return SQLITE_OK; },  // and nobody else opens them
    [](sqlite3_file*, int) { return SQLITE_OK; },
    [](sqlite3_file*, int* reserved) {
      *reserved = 0;
      return SQLITE_OK;
    },
    [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    [](sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); },
    [](sqlite3_file* file) { return below(file)->pMethods->xDeviceCharacteristics(below(file)); },
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr};

sqlite3_vfs* layer_below(sqlite3_vfs* layer) { return static_cast<sqlite3_vfs*>(layer->pAppData); }

/// A file without a name is a temporary one; all others belong to the layer below alone.
int open_file(sqlite3_vfs* layer, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* parent = layer_below(layer);
  if (name != nullptr || of_thread == nullptr) return parent->xOpen(parent, name, file, flags, out_flags);
  const std::string path = of_thread->next_file();
  file->pMethods = nullptr;
  const int code = parent->xOpen(parent, path.c_str(), below(file), flags, out_flags);
  if (code != SQLITE_OK) return code;
  bytes_of(file) = 0;
  file->pMethods = &kMethods;
  return SQLITE_OK;
}

Result<const char*> register_layer() {
  static sqlite3_vfs layer;
  sqlite3_vfs* parent = sqlite3_vfs_find(nullptr);
  layer = *parent;
  layer.iVersion = 1;
  layer.pNext = nullptr;
  layer.zName = kLayerName;
  layer.pAppData = parent;
  layer.szOsFile = parent->szOsFile + static_cast<int>(sizeof(CountedFile));
  layer.xOpen = open_file;
  layer.xDelete = [](sqlite3_vfs* of, const char* name, int sync) {
    return layer_below(of)->xDelete(layer_below(of), name, sync);
  };
  layer.xAccess = [](sqlite3_vfs* of, const char* name, int flags, int* answer) {
    return layer_below(of)->xAccess(layer_below(of), name, flags, answer);
  };
  layer.xFullPathname = [](sqlite3_vfs* of, const char* name, int count, char* path) {
    return layer_below(of)->xFullPathname(layer_below(of), name, count, path);
  };
  layer.xRandomness = [](sqlite3_vfs* of, int count, char* bytes) {
    return layer_below(of)->xRandomness(layer_below(of), count, bytes);
  };
  layer.xSleep = [](sqlite3_vfs* of, int microseconds) {
    return layer_below(of)->xSleep(layer_below(of), microseconds);
  };
  layer.xCurrentTime = [](sqlite3_vfs* of, double* day) {
    return layer_below(of)->xCurrentTime(layer_below(of), day);
  };
  layer.xGetLastError = [](sqlite3_vfs* of, int count, char* text) {
    return layer_below(of)->xGetLastError(layer_below(of), count, text);
  };
  if (sqlite3_vfs_register(&layer, 0) != SQLITE_OK)
    return Error{ErrorCode::internal, "SQLite takes no layer that counts temporary files"};
  return static_cast<const char*>(kLayerName);
}

}  // namespace

Status QueryBudget::prepare() {
  static const Status prepared = []() -> Status {
    static const sqlite3_mem_methods kMemory = {allocate,
                                                release,
                                                resize,
                                                usable_bytes,
                                                [](int bytes) { return (bytes + 7) & ~7; },
                                                [](void*) { return SQLITE_OK; },
                                                [](void*) {},
                                                nullptr};
    // Its own count of all memory takes a lock that all connections share.
    if (sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK &&
        sqlite3_config(SQLITE_CONFIG_MALLOC, &kMemory) == SQLITE_OK)
      return {};
    return Error{ErrorCode::internal, "SQLite was in use before its memory could be counted"};
  }();
  return prepared;
}

Result<const char*> QueryBudget::file_layer() {
  static const Result<const char*> layer = register_layer();
  return layer;
}

QueryBudget::QueryBudget(Limits limits) : limits_(std::move(limits)) { of_thread = this; }
QueryBudget::~QueryBudget() { of_thread = nullptr; }

bool QueryBudget::take_memory(std::int64_t bytes) {
  if (memory_ + bytes > limits_.memory_bytes) {
    exceeded_ = std::to_string(limits_.memory_bytes / kMib) + " MiB of memory";
    return false;
  }
  memory_ += bytes;
  return true;
}

bool QueryBudget::take_disk(std::int64_t bytes) {
  if (disk_ + bytes > limits_.disk_bytes) {
    exceeded_ = std::to_string(limits_.disk_bytes / kMib) + " MiB of temporary files";
    return false;
  }
  disk_ += bytes;
  disk_checked_ += bytes;
  if (disk_checked_ < kLookBytes && disk_checked_ != disk_) return true;
  disk_checked_ = 0;
  const Status room = check_room("temporary files", limits_.folder, kLookBytes, limits_.reserve_bytes);
  if (!room.ok()) exceeded_ = "the room on its disk (" + room.error().message + ")";
  return room.ok();
}

std::string QueryBudget::next_file() {
  static std::atomic<std::uint64_t> last = 0;
  const auto name = ".spin-query-" + std::to_string(::getpid()) + "-" + std::to_string(++last);
  return (limits_.folder / name).string();
}

}  // namespace spin
