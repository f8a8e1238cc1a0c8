#include <condition_variable>
#include <future>
#include <mutex>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include "server/app/app.h"
#include "tests/server/app/people.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace spin {
namespace {

using std::chrono::seconds;

/// While it is held, what SQLite writes in this process does not come back, as from a disk that is stuck.
class Disk {
 public:
  Disk() {
    auto* vfs = sqlite3_vfs_find(nullptr);
    for (const char* call : {"write", "pwrite", "pwrite64"})
      before_.push_back(vfs->xGetSystemCall(vfs, call));
    replace({pointer(&write_later), pointer(&pwrite_later), pointer(&pwrite_later)});
  }
  ~Disk() {
    hold(false);
    replace(before_);
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  void hold(bool on) {
    const std::lock_guard lock(mutex_);
    is_held_ = on;
    changed_.notify_all();
  }

 private:
  using Call = sqlite3_syscall_ptr;
  template <class Function>
  static Call pointer(Function* function) {
    return reinterpret_cast<Call>(function);
  }
  static void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [] { return !is_held_; });
  }
  static ssize_t write_later(int file, const void* bytes, std::size_t count) {
    wait();
    return ::write(file, bytes, count);
  }
  static ssize_t pwrite_later(int file, const void* bytes, std::size_t count, off_t offset) {
    wait();
    return ::pwrite(file, bytes, count, offset);
  }
  /// Those that this SQLite does not use stay as they are.
  static void replace(const std::vector<Call>& calls) {
    auto* vfs = sqlite3_vfs_find(nullptr);
    const char* names[] = {"write", "pwrite", "pwrite64"};
    for (std::size_t i = 0; i < calls.size(); ++i)
      if (vfs->xGetSystemCall(vfs, names[i]) != nullptr) vfs->xSetSystemCall(vfs, names[i], calls[i]);
  }

  static inline std::mutex mutex_;
  static inline std::condition_variable changed_;
  static inline bool is_held_ = false;  ///< behind the mutex
  std::vector<Call> before_;
};

TEST(HealthTest, SaysThatTheDiskIsStuckAndThatItGoesOn) {
  const TempFolder folder;
  Disk disk;
  const std::string address = "unix:" + (folder / "s.sock").string();
  const auto app = App::start({.listen = {address},
                               .tls = {},
                               .database = folder / "spind.db",
                               .artifacts = folder / "artifacts",
                               .settings = {},
                               .longest_commit = seconds(0)});
  ASSERT_TRUE(app.ok()) << app.error().message;
  EXPECT_TRUE(eventually(seconds(30), [&] { return (*app)->health().ok; })) << (*app)->health().reason;

  disk.hold(true);
  auto submitted = std::async(std::launch::async, [&] { return People(address).submit(kSweep); });
  Health health;
  EXPECT_TRUE(eventually(seconds(30), [&] {
    health = (*app)->health();
    return !health.ok;
  }));
  EXPECT_NE(health.reason.find("is its disk stuck?"), std::string::npos) << health.reason;

  disk.hold(false);
  const auto status = submitted.get();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(eventually(seconds(30), [&] { return (*app)->health().ok; })) << (*app)->health().reason;
}

}  // namespace
}  // namespace spin
