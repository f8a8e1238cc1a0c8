#include "server/app/read_only_app.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <stdlib.h>

#include "server/app/read_only_gate.h"
#include "server/core/restoration.h"
#include "server/rpc/server.h"
#include "server/store/artifacts.h"
#include "server/store/loader.h"
#include "server/store/read_only.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr char kSelectBootEpoch[] = "SELECT value FROM meta WHERE key = 'boot_epoch'";

/// What the server wants of a store for artifacts where none is served: an empty folder that goes with the
/// object.
class NoArtifacts {
 public:
  static Result<std::unique_ptr<NoArtifacts>> make() {
    std::error_code error;
    std::string folder = (fs::temp_directory_path(error) / "spind-read-only.XXXXXX").string();
    if (error || ::mkdtemp(folder.data()) == nullptr)
      return Error{ErrorCode::invalid_argument,
                   "no folder " + folder + " can be made; set TMPDIR to one of your own"};
    std::unique_ptr<NoArtifacts> made(new NoArtifacts(folder));
    SPIN_ASSIGN(made->store_, ArtifactStore::open(folder));
    return made;
  }
  ~NoArtifacts() {
    store_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  NoArtifacts(const NoArtifacts&) = delete;
  NoArtifacts& operator=(const NoArtifacts&) = delete;
  [[nodiscard]] ArtifactStore& store() { return *store_; }

 private:
  explicit NoArtifacts(fs::path folder) : folder_(std::move(folder)) {}
  const fs::path folder_;
  std::unique_ptr<ArtifactStore> store_;
};

class ReadOnlyApp final : public App {
 public:
  ReadOnlyApp(ReadOnlyDatabase database, std::unique_ptr<Reader> reader, core::Restoration restoration,
              std::unique_ptr<NoArtifacts> artifacts)
      : database_(std::move(database)),
        reader_(std::move(reader)),
        artifacts_(std::move(artifacts)),
        coordinator_(std::move(restoration), std::chrono::steady_clock::now()),
        control_(database_.name, *reader_, coordinator_) {}
  ~ReadOnlyApp() override { stop(); }

  Status serve(ListenClaim claim) {
    addresses_ = claim.addresses();
    SPIN_ASSIGN(server_, Server::start(std::move(claim), fleet_, control_, artifacts_->store()));
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
  const std::unique_ptr<NoArtifacts> artifacts_;
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
  SPIN_ASSIGN(const auto epoch, database.connection.integer(kSelectBootEpoch));
  core::Restoration restoration(options.settings, epoch + 1);
  SPIN_TRY(load_state(database.connection, restoration));
  SPIN_ASSIGN(auto reader, Reader::open(database.name));
  SPIN_ASSIGN(auto artifacts, NoArtifacts::make());
  auto app = std::make_unique<ReadOnlyApp>(std::move(database), std::move(reader), std::move(restoration),
                                           std::move(artifacts));
  SPIN_TRY(app->serve(std::move(claim)));
  return std::unique_ptr<App>(std::move(app));
}

}  // namespace spin
