#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "schema/base/file.h"
#include "schema/base/result.h"
#include "schema/base/unix_socket.h"

namespace spin {

/// Accepts connections at a Unix socket, on a thread of its own. gRPC could listen there itself, but not at
/// every path that the kernel takes, not again once the socket is gone with its folder, and not any more once
/// it has run out of descriptors.
class UnixListener {
 public:
  /// Called on the listener's thread with a connection that does not block.
  using Accepted = std::function<void(FileDescriptor)>;

  static Result<std::unique_ptr<UnixListener>> start(SocketClaim claim, Accepted accepted);
  /// Accepts nothing more and removes the socket.
  ~UnixListener();
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;

 private:
  UnixListener(SocketClaim claim, FileDescriptor listening, FileDescriptor wake, Accepted accepted);
  void run();
  void accept_all();
  void look_after_socket();
  [[nodiscard]] Status listen_anew();

  // Constant after construction.
  const std::string path_;
  const Accepted accepted_;
  const FileDescriptor wake_;  ///< readable once the listener shall end

  // Of thread_.
  std::unique_ptr<SocketClaim> claim_;  ///< none while the socket is gone
  FileDescriptor listening_;
  bool is_short_ = false;  ///< of descriptors or memory
  std::string trouble_;    ///< why it does not listen anew, as logged last

  std::thread thread_;
};

}  // namespace spin
