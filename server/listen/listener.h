#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "schema/base/file.h"
#include "schema/base/result.h"
#include "server/listen/door.h"

namespace spin {

/// Accepts connections, on a thread of its own. Who serves them could do so itself, as gRPC does, but not at
/// every path that the kernel takes, not again once a socket is gone with its folder, and nowhere any more
/// once it has run out of descriptors.
class Listener {
 public:
  /// Called on the listener's thread with a connection that does not block.
  using Accepted = std::function<void(FileDescriptor)>;
  struct Entrance {
    std::unique_ptr<Door> door;
    Accepted accepted;
  };

  static Result<std::unique_ptr<Listener>> start(std::vector<Entrance> entrances);
  /// Accepts nothing more and closes the doors.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  Listener(std::vector<Entrance> entrances, FileDescriptor wake);
  void run();
  /// Until somebody comes, or it is time to look; false once the listener shall end.
  [[nodiscard]] bool wait() const;
  void accept_all();
  /// 0, or why nobody can be let in at any door.
  [[nodiscard]] static int accept_some(int socket, const Accepted& accepted);

  const FileDescriptor wake_;  ///< readable once the listener shall end

  // Of thread_.
  const std::vector<Entrance> entrances_;
  bool is_short_ = false;  ///< of descriptors or memory

  std::thread thread_;
};

}  // namespace spin
