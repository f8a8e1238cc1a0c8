#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "proto/net/tls_files.h"
#include "schema/base/file.h"

namespace spin::net {

/// TLS files of a running process, which are renewed while it runs: copies in memory that change all
/// together, and only to what check_tls_files() finds good. gRPC itself serves nobody while the files that it
/// watches do not belong together.
class RenewedFiles {
 public:
  /// Told of each change, on a thread of its own: ok where new files are in use, else why the old ones stay.
  using Tell = std::function<void(const Status&)>;

  /// `files` are good now. Looks at them until it is destroyed.
  static Result<std::unique_ptr<RenewedFiles>> start(const TlsFiles& files, Side side, Tell tell);
  RenewedFiles(const RenewedFiles&) = delete;
  RenewedFiles& operator=(const RenewedFiles&) = delete;

  /// Names of the copies in this process, valid as long as this object. Key and certificate are one file, so
  /// that nobody reads a new one beside an old one.
  [[nodiscard]] TlsFiles copies() const;

 private:
  struct Bytes {
    std::string certificate, key, authority;
    bool operator==(const Bytes&) const = default;
  };
  /// A file without a name in a file system, replaced as a whole.
  class MemoryFile {
   public:
    Status replace(const std::string& bytes);
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

   private:
    FileDescriptor file_;
  };

  RenewedFiles(TlsFiles files, Side side, Tell tell);
  [[nodiscard]] Result<Bytes> read() const;
  Status use(Bytes bytes);
  void watch(const std::stop_token& stop);
  void look();
  void doubt(const Error& problem);

  const TlsFiles files_;
  const Side side_;
  const Tell tell_;
  MemoryFile identity_, authority_;
  // Of the thread, once it runs.
  Bytes used_;
  std::string problem_;  ///< at the last look; empty = none
  bool told_ = false;    ///< of problem_

  std::mutex mutex_;
  std::condition_variable_any never_;
  std::jthread thread_;
};

}  // namespace spin::net
