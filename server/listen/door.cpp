#include "server/listen/door.h"

#include <filesystem>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include "schema/base/paths.h"

namespace spin {
namespace {

/// The user's own folder for sockets is made again; where the folder around it is missing, too, it is for the
/// next login to make.
void make_own_folder(const std::string& path) {
  if ("unix:" + path != default_listen_address()) return;
  ::mkdir(std::filesystem::path(path).parent_path().c_str(), 0700);  // taking the path says what is wrong
}

class UnixDoor final : public Door {
 public:
  explicit UnixDoor(SocketClaim claim)
      : path_(claim.path()), claim_(std::make_unique<SocketClaim>(std::move(claim))) {}

  Status open() {
    SPIN_ASSIGN(FileDescriptor socket, claim_->listen());
    sockets_.push_back(std::move(socket));
    return {};
  }
  [[nodiscard]] const std::vector<FileDescriptor>& sockets() const override { return sockets_; }
  void look_after() override {
    if (claim_ != nullptr && claim_->is_in_place()) return;
    if (claim_ != nullptr)
      spdlog::warn(
          "socket {} is gone, and with it perhaps its folder: nobody can connect there until it can be made "
          "again; whoever is connected stays so",
          path_);
    const Status anew = open_anew();
    if (anew.ok()) {
      spdlog::info("listening again at unix:{}", path_);
      trouble_.clear();
    } else if (trouble_ != anew.error().message) {
      trouble_ = anew.error().message;
      spdlog::warn("not listening at unix:{}: {}", path_, trouble_);
    }
  }

 private:
  Status open_anew() {
    claim_.reset();
    sockets_.clear();
    make_own_folder(path_);
    SPIN_ASSIGN(SocketClaim claim, SocketClaim::take(path_));
    claim_ = std::make_unique<SocketClaim>(std::move(claim));
    const Status opened = open();
    if (!opened.ok()) claim_.reset();
    return opened;
  }

  const std::string path_;
  std::unique_ptr<SocketClaim> claim_;  ///< none while the socket is gone
  std::vector<FileDescriptor> sockets_;
  std::string trouble_;  ///< why it is not made again, as logged last
};

class PortDoor final : public Door {
 public:
  explicit PortDoor(std::vector<FileDescriptor> sockets) : sockets_(std::move(sockets)) {}
  [[nodiscard]] const std::vector<FileDescriptor>& sockets() const override { return sockets_; }
  void look_after() override {}

 private:
  const std::vector<FileDescriptor> sockets_;
};

}  // namespace

Result<std::unique_ptr<Door>> open_door(SocketClaim claim) {
  auto door = std::make_unique<UnixDoor>(std::move(claim));
  SPIN_TRY(door->open());
  return std::unique_ptr<Door>(std::move(door));
}

Result<std::unique_ptr<Door>> open_door(net::PortClaim claim) {
  SPIN_ASSIGN(auto sockets, claim.listen());
  return std::unique_ptr<Door>(std::make_unique<PortDoor>(std::move(sockets)));
}

}  // namespace spin
