#include "server/rpc/unix_listener.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/paths.h"

namespace spin {
namespace {

/// Between two looks whether the socket is still where it was.
constexpr int kLook_ms = 1000;
/// Pause after an accept that failed for want of descriptors or memory.
constexpr int kAcceptPause_ms = 200;

/// The user's own folder for sockets is made again; where the folder around it is missing, too, it is for the
/// next login to make.
void make_own_folder(const std::string& path) {
  if ("unix:" + path != default_listen_address()) return;
  ::mkdir(std::filesystem::path(path).parent_path().c_str(), 0700);  // taking the path says what is wrong
}

}  // namespace

Result<std::unique_ptr<UnixListener>> UnixListener::start(SocketClaim claim, Accepted accepted) {
  SPIN_ASSIGN(FileDescriptor listening, claim.listen());
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC));
  if (!wake.is_open()) return Error{ErrorCode::internal, std::string("eventfd: ") + std::strerror(errno)};
  return std::unique_ptr<UnixListener>(
      new UnixListener(std::move(claim), std::move(listening), std::move(wake), std::move(accepted)));
}

UnixListener::UnixListener(SocketClaim claim, FileDescriptor listening, FileDescriptor wake,
                           Accepted accepted)
    : path_(claim.path()),
      accepted_(std::move(accepted)),
      wake_(std::move(wake)),
      claim_(std::make_unique<SocketClaim>(std::move(claim))),
      listening_(std::move(listening)),
      thread_([this] { run(); }) {}

UnixListener::~UnixListener() {
  const std::uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) == sizeof one) thread_.join();
}

void UnixListener::run() {
  auto next_look = std::chrono::steady_clock::now();
  for (;;) {
    // Where no more can be accepted, the waiting connection would make every poll return at once.
    pollfd waiting[2] = {{wake_.get(), POLLIN, 0}, {is_short_ ? -1 : listening_.get(), POLLIN, 0}};
    const int count = ::poll(waiting, 2, is_short_ ? kAcceptPause_ms : kLook_ms);
    if (count > 0 && waiting[0].revents != 0) return;
    if (is_short_ || (count > 0 && waiting[1].revents != 0)) accept_all();
    if (std::chrono::steady_clock::now() < next_look) continue;
    next_look = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLook_ms);
    look_after_socket();
  }
}

void UnixListener::accept_all() {
  while (listening_.is_open()) {
    FileDescriptor connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    const int error = errno;
    if (!connection.is_open() && (error == EINTR || error == ECONNABORTED)) continue;
    const bool was_short =
        std::exchange(is_short_, !connection.is_open() && error != EAGAIN && error != EWOULDBLOCK);
    if (is_short_ && !was_short)
      spdlog::warn("nobody can connect at unix:{} for now: {}", path_, std::strerror(error));
    if (!is_short_ && was_short) spdlog::info("connections at unix:{} are accepted again", path_);
    if (!connection.is_open()) return;
    accepted_(std::move(connection));
  }
  is_short_ = false;
}

void UnixListener::look_after_socket() {
  if (claim_ != nullptr && claim_->is_in_place()) return;
  if (claim_ != nullptr) {
    spdlog::warn(
        "socket {} is gone, and with it perhaps its folder: nobody can connect there until it can be made "
        "again; whoever is connected stays so",
        path_);
    claim_.reset();
    listening_.reset();
  }
  const Status anew = listen_anew();
  if (anew.ok()) {
    spdlog::info("listening again at unix:{}", path_);
    trouble_.clear();
  } else if (trouble_ != anew.error().message) {
    trouble_ = anew.error().message;
    spdlog::warn("not listening at unix:{}: {}", path_, trouble_);
  }
}

Status UnixListener::listen_anew() {
  make_own_folder(path_);
  SPIN_ASSIGN(SocketClaim claim, SocketClaim::take(path_));
  SPIN_ASSIGN(listening_, claim.listen());
  claim_ = std::make_unique<SocketClaim>(std::move(claim));
  return {};
}

}  // namespace spin
