#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "schema/base/file.h"
#include "schema/base/result.h"
#include "schema/job/session.h"

namespace spin::daemon {

/// Reports on disk until the coordinator has acknowledged them. One thread of its own writes: what is queued
/// while it syncs shares the next sync.
class Outbox {
 public:
  struct Callbacks {
    std::function<void(std::uint64_t sequence)> durable;   ///< everything up to this sequence
    std::function<void(const std::string& reason)> stuck;  ///< cannot write now; tried again until it works
    std::function<void(const Error&)> fatal;  ///< the disk lost what it had taken: the process must end
  };
  struct Opened;

  /// Recovers what an earlier process left. A torn last record is dropped, for nobody was told of it; other
  /// damage is named in `problems`, and the file as it was is kept beside. The callbacks run on the writer's
  /// thread.
  static Result<Opened> open(const std::filesystem::path& path, Callbacks callbacks);
  /// Writes what is queued, then ends.
  ~Outbox();

  void append(const SequencedReport& report);
  /// The file is emptied when nothing in it is wanted any more, and rewritten when most of it is not.
  void forget(std::uint64_t sequence);

 private:
  static constexpr std::size_t kRewriteBytes = 1 << 20;

  Outbox(std::filesystem::path path, FileDescriptor file, Callbacks callbacks, std::size_t file_bytes,
         const std::vector<SequencedReport>& recovered);
  void run();
  /// False where the disk did not take it.
  bool write_batch(const std::string& bytes, std::uint64_t last);
  void shrink(std::unique_lock<std::mutex>& lock);
  void rewrite(const std::string& bytes);

  const std::filesystem::path path_;
  const Callbacks callbacks_;

  // On the writer's thread.
  FileDescriptor file_;
  std::size_t file_bytes_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  // Behind the lock.
  std::map<std::uint64_t, std::string> live_;  ///< records that are wanted
  std::size_t live_bytes_ = 0;
  std::vector<std::uint64_t> queued_;
  bool forgotten_ = false;
  bool closing_ = false;

  std::thread writer_;
};

struct Outbox::Opened {
  std::unique_ptr<Outbox> outbox;
  std::vector<SequencedReport> reports;
  std::vector<std::string> problems;
};

}  // namespace spin::daemon
