#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "proto/net/tls_files.h"
#include "schema/base/result.h"
#include "server/app/health.h"
#include "server/core/coordinator.h"
#include "server/store/disk_room.h"
#include "server/store/garbage.h"

namespace spin {

struct AppOptions {
  std::vector<std::string> listen;  ///< "unix:PATH" or "HOST:PORT", at least one
  net::TlsFiles tls;                ///< for HOST:PORT
  std::filesystem::path database;
  std::filesystem::path artifacts;  ///< folder
  std::filesystem::path backups{};  ///< folder, made with the first backup that a peer asks for
  core::CoordinatorSettings settings;
  GarbagePolicy garbage{};
  bool read_only = false;  ///< only what can be read of the database is served, and nothing is changed
  std::uint64_t reserve_bytes = kReserveBytes;  ///< that stay free on each disk
  std::chrono::seconds longest_commit{30};      ///< a disk that takes longer is none to work with
};

/// The coordinator with everything around it but the process: store, strand, services, metrics.
class App {
 public:
  /// Opens the database and serves. already_exists: the database or an address is another server's;
  /// data_loss: the database is damaged; invalid_argument: a path, address or certificate that cannot be
  /// used.
  static Result<std::unique_ptr<App>> start(const AppOptions& options);
  virtual ~App() = default;

  /// Where it listens: as given, with the port where the system picked one.
  [[nodiscard]] virtual const std::vector<std::string>& addresses() const = 0;
  /// The metrics in Prometheus' text format; unavailable where the strand does not answer within two seconds.
  /// Thread-safe.
  virtual Result<std::string> metrics() = 0;
  /// Not ok where the strand does not answer, the writer is stuck, or an address is not listened on. Answers
  /// within a few seconds, whatever is stuck. Thread-safe.
  virtual Health health() = 0;
  /// Ends all calls and streams, commits what is decided, closes the database without leaving a log beside
  /// it, removes the sockets.
  virtual void stop() = 0;
};

}  // namespace spin
