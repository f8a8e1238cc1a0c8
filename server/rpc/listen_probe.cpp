#include "server/rpc/listen_probe.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <variant>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "proto/net/address.h"
#include "schema/base/file.h"

namespace spin {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

Error unserved(const std::string& endpoint, const std::string& why) {
  return {ErrorCode::unavailable, "nobody is served at " + endpoint + ": " + why};
}

/// Whether the descriptor is ready for `events` before the deadline.
bool is_ready(int descriptor, short events, Deadline deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    pollfd waiting{descriptor, events, 0};
    const int ready = poll(&waiting, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

Status knock_at(const std::string& text, const FileDescriptor& knock, const sockaddr* address, socklen_t size,
                Deadline deadline) {
  if (!knock.is_open()) return unserved(text, std::string("socket: ") + std::strerror(errno));
  if (connect(knock.get(), address, size) == 0) return {};
  // EAGAIN: those who knocked before still wait to be let in.
  if (errno == EAGAIN) return unserved(text, "its queue of connections is full");
  if (errno != EINPROGRESS) return unserved(text, std::strerror(errno));
  if (!is_ready(knock.get(), POLLOUT, deadline)) return unserved(text, "no answer");
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(knock.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error == 0 ? Status() : Status(unserved(text, std::strerror(error)));
}

Status probe(const std::string& text, const net::UnixAddress& local, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (local.path.size() >= sizeof address.sun_path) return unserved(text, "its path is too long");
  std::memcpy(address.sun_path, local.path.c_str(), local.path.size() + 1);
  const FileDescriptor knock(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  SPIN_TRY(knock_at(text, knock, reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline));
  char first = 0;
  if (!is_ready(knock.get(), POLLIN, deadline)) return unserved(text, "no answer");
  return recv(knock.get(), &first, 1, 0) == 1 ? Status() : Status(unserved(text, "it hangs up"));
}

Status probe(const std::string& text, const net::TcpAddress& port, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(port.host.c_str(), std::to_string(port.port).c_str(), &hints, &found);
  if (failed != 0) return unserved(text, gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> one(found, freeaddrinfo);
  const FileDescriptor knock(socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return knock_at(text, knock, one->ai_addr, one->ai_addrlen, deadline);
}

}  // namespace

Status probe_listener(const std::string& endpoint, std::chrono::milliseconds limit) {
  SPIN_ASSIGN(const net::Address where, net::parse_address(endpoint));
  const auto deadline = std::chrono::steady_clock::now() + limit;
  return std::visit([&](const auto& kind) { return probe(endpoint, kind, deadline); }, where);
}

}  // namespace spin
