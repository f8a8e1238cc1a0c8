#include "server/listen/listener.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spin {
namespace {

/// Between two looks whether the doors are still where they were.
constexpr int kLook_ms = 1000;
/// Pause after an accept that failed for want of descriptors or memory.
constexpr int kAcceptPause_ms = 200;
/// Connections of one door before the next one's turn.
constexpr int kMaxTurn = 64;

/// Whether accept() came to nothing for want of what the whole process lacks; otherwise one connection was
/// lost, and the next may be there.
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::start(std::vector<Entrance> entrances) {
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC));
  if (!wake.is_open()) return Error{ErrorCode::internal, std::string("eventfd: ") + std::strerror(errno)};
  return std::unique_ptr<Listener>(new Listener(std::move(entrances), std::move(wake)));
}

Listener::Listener(std::vector<Entrance> entrances, FileDescriptor wake)
    : wake_(std::move(wake)), entrances_(std::move(entrances)), thread_([this] { run(); }) {}

Listener::~Listener() {
  const std::uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) == sizeof one) thread_.join();
}

void Listener::run() {
  using Clock = std::chrono::steady_clock;
  for (auto next_look = Clock::now(); wait();) {
    accept_all();
    if (Clock::now() < next_look) continue;
    next_look = Clock::now() + std::chrono::milliseconds(kLook_ms);
    for (const auto& entrance : entrances_) entrance.door->look_after();
  }
}

bool Listener::wait() const {
  std::vector<pollfd> waiting{{wake_.get(), POLLIN, 0}};
  // While nobody can be let in, those who stand outside would make every poll return at once.
  if (!is_short_)
    for (const auto& entrance : entrances_)
      for (const auto& socket : entrance.door->sockets()) waiting.push_back({socket.get(), POLLIN, 0});
  ::poll(waiting.data(), waiting.size(), is_short_ ? kAcceptPause_ms : kLook_ms);
  return waiting.front().revents == 0;
}

void Listener::accept_all() {
  int shortage = 0;
  for (const auto& entrance : entrances_)
    for (const auto& socket : entrance.door->sockets())
      if (const int error = accept_some(socket.get(), entrance.accepted); error != 0) shortage = error;
  const bool was_short = std::exchange(is_short_, shortage != 0);
  if (is_short_ && !was_short) spdlog::warn("nobody can connect for now: {}", std::strerror(shortage));
  if (!is_short_ && was_short) spdlog::info("connections are accepted again");
}

int Listener::accept_some(int socket, const Accepted& accepted) {
  for (int turn = 0; turn < kMaxTurn; ++turn) {
    FileDescriptor connection(::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection.is_open()) {
      accepted(std::move(connection));
      continue;
    }
    if (is_shortage(errno)) return errno;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  }
  return 0;
}

}  // namespace spin
