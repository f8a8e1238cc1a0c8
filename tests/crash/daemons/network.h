#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/crash/daemons/proxy.h"
#include "tests/support/temp_folder.h"

namespace spin {

/// A network between one coordinator and a few workers that can be cut for each of them.
class Network {
 public:
  virtual ~Network() = default;
  /// Why there can be no such network here; empty where there is.
  [[nodiscard]] virtual std::string refusal() const { return {}; }
  /// Options of spind beside its Unix socket in `folder`.
  [[nodiscard]] virtual std::vector<std::string> coordinator_options() const { return {}; }
  /// The coordinator serves, and has said so in these words.
  virtual void coordinator_serves(const std::string& log) = 0;
  [[nodiscard]] virtual std::vector<std::string> worker_options(int worker) const = 0;
  /// Words before the command of a daemon, so that it runs in its place of the network.
  [[nodiscard]] virtual std::vector<std::string> coordinator_prefix() const { return {}; }
  [[nodiscard]] virtual std::vector<std::string> worker_prefix(int) const { return {}; }
  virtual void cut(int worker, Cut what) = 0;
};

/// Unix sockets, with a proxy for each worker.
std::unique_ptr<Network> unix_proxies(const TempFolder& folder, int workers);
/// TCP with mutual TLS on this host, with a proxy for each worker.
std::unique_ptr<Network> tls_proxies(const TempFolder& folder, int workers);
/// TCP with mutual TLS between network namespaces.
std::unique_ptr<Network> namespaces(const TempFolder& folder, int workers);

}  // namespace spin
