#include "server/app/read_only_app.h"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <stdlib.h>

#include "schema/base/paths.h"
#include "server/app/read_only_gate.h"
#include "server/core/restoration.h"
#include "server/rpc/server.h"
#include "server/store/artifacts.h"
#include "server/store/loader.h"
#include "server/store/open.h"
#include "server/store/read_only.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

/// Beside the socket, whose folder is this user's own; $TMPDIR may be none.
fs::path place_for_scratch(const std::vector<std::string>& addresses) {
  for (const auto& address : addresses)
    if (const auto path = unix_socket_path(address); path.ok()) return fs::absolute(*path).parent_path();
  std::error_code error;
  auto folder = fs::temp_directory_path(error);
  if (error) folder = "/tmp";
  return folder;
}

/// A folder that goes with the object: for the temporary files of queries.
class Scratch {
 public:
  static Result<std::unique_ptr<Scratch>> make(const fs::path& place) {
    std::string folder = (place / "spind-read-only.XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr)
      return Error{ErrorCode::invalid_argument, "no folder for temporary files can be made in " +
                                                    place.string() + ": " +
                                                    std::generic_category().message(errno)};
    return std::unique_ptr<Scratch>(new Scratch(folder));
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const fs::path& folder() const { return folder_; }

 private:
  explicit Scratch(fs::path folder) : folder_(std::move(folder)) {}
  const fs::path folder_;
};

class ReadOnlyApp final : public App {
 public:
  ReadOnlyApp(ReadOnlyDatabase database, std::unique_ptr<Reader> reader, core::Restoration restoration,
              std::unique_ptr<Scratch> scratch, std::unique_ptr<ArtifactStore> artifacts)
      : database_(std::move(database)),
        reader_(std::move(reader)),
        scratch_(std::move(scratch)),
        artifacts_(std::move(artifacts)),
        coordinator_(std::move(restoration), std::chrono::steady_clock::now()),
        control_(database_.name, scratch_->folder(), *reader_, coordinator_) {}
  ~ReadOnlyApp() override { stop(); }

  Status serve(ListenClaim claim) {
    addresses_ = claim.addresses();
    SPIN_ASSIGN(server_, Server::start(std::move(claim), fleet_, control_, *artifacts_));
    return {};
  }

  [[nodiscard]] const std::vector<std::string>& addresses() const override { return addresses_; }
  Health health() override { return {}; }
  Result<std::string> metrics() override {
    return Error{ErrorCode::unavailable, "a spind that reads alone (--read-only) measures nothing"};
  }
  void stop() override {
    if (server_ != nullptr) server_->stop();
    server_.reset();
  }

 private:
  const ReadOnlyDatabase database_;
  const std::unique_ptr<Reader> reader_;
  const std::unique_ptr<Scratch> scratch_;
  const std::unique_ptr<ArtifactStore> artifacts_;
  const core::Coordinator coordinator_;
  ReadOnlyGate control_;
  ReadOnlyFleet fleet_;
  std::vector<std::string> addresses_;
  std::unique_ptr<Server> server_;
};

}  // namespace

Result<std::unique_ptr<App>> start_read_only(const AppOptions& options) {
  SPIN_ASSIGN(ListenClaim claim, ListenClaim::take(options.listen, options.tls));
  SPIN_ASSIGN(ReadOnlyDatabase database, open_read_only(options.database));
  SPIN_ASSIGN(const auto epoch, read_boot_epoch(database.connection));
  core::Restoration restoration(options.settings, epoch + 1);
  SPIN_TRY(load_state(database.connection, restoration, [&] { return quick_check(database.connection); }));
  SPIN_ASSIGN(auto reader, Reader::open(database.name));
  SPIN_ASSIGN(auto scratch, Scratch::make(place_for_scratch(options.listen)));
  SPIN_ASSIGN(auto artifacts, ArtifactStore::open_to_read(options.artifacts));
  auto app = std::make_unique<ReadOnlyApp>(std::move(database), std::move(reader), std::move(restoration),
                                           std::move(scratch), std::move(artifacts));
  SPIN_TRY(app->serve(std::move(claim)));
  return std::unique_ptr<App>(std::move(app));
}

}  // namespace spin
