#include "server/app/app.h"

#include <utility>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "schema/base/paths.h"
#include "server/app/control_gate.h"
#include "server/app/engine.h"
#include "server/app/fleet_gate.h"
#include "server/rpc/server.h"
#include "server/store/artifacts.h"

namespace spin {
namespace {

constexpr int kExitStoreFailed = 70;  // EX_SOFTWARE

/// What was decided in memory can no longer become durable: end here, SQLite recovers at the next start.
void end_process(const Error& error) {
  spdlog::critical("the database cannot be written, spind ends: {}", error.message);
  spdlog::default_logger()->flush();
  _exit(kExitStoreFailed);
}

/// What is opened from disk.
struct Opened {
  std::unique_ptr<Store> store;
  core::StoredState stored;
  std::unique_ptr<Reader> lease_reader, query_reader;
  std::unique_ptr<ArtifactStore> artifacts;
};

Result<Opened> open(const AppOptions& options) {
  Opened opened;
  if (options.database.has_parent_path()) SPIN_TRY(make_private_folders(options.database.parent_path()));
  SPIN_ASSIGN(opened.store, Store::open(options.database, end_process));
  SPIN_ASSIGN(opened.stored, opened.store->load());
  SPIN_ASSIGN(opened.lease_reader, Reader::open(options.database));
  SPIN_ASSIGN(opened.query_reader, Reader::open(options.database));
  SPIN_TRY(make_private_folders(options.artifacts));
  SPIN_ASSIGN(opened.artifacts, ArtifactStore::open(options.artifacts));
  return opened;
}

class RunningApp final : public App {
 public:
  RunningApp(const AppOptions& options, Opened opened)
      : store_(std::move(opened.store)),
        lease_reader_(std::move(opened.lease_reader)),
        query_reader_(std::move(opened.query_reader)),
        artifacts_(std::move(opened.artifacts)),
        engine_({strand_, *store_, *lease_reader_, metrics_, versions_}, options.settings,
                std::move(opened.stored)),
        fleet_(strand_, engine_),
        control_({strand_, engine_, *query_reader_, versions_, options.database}) {
    strand_.post([this] { engine_.start(); });
  }
  ~RunningApp() override { stop(); }

  Status serve(ListenClaim claim) {
    addresses_ = claim.addresses();
    SPIN_ASSIGN(server_, Server::start(std::move(claim), fleet_, control_, *artifacts_));
    return {};
  }

  [[nodiscard]] const std::vector<std::string>& addresses() const override { return addresses_; }

  Result<std::string> metrics() override {
    SPIN_ASSIGN(const MetricsSnapshot snapshot, strand_.ask([this] { return engine_.snapshot(); }));
    return metrics_.text(snapshot);
  }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    if (server_ != nullptr) server_->stop();
    strand_.post([this] { engine_.stop(); });
    // Nobody commits or reads after the strand. The store closes last: only the last connection empties and
    // removes SQLite's log, so that the database is one file while spind does not run.
    strand_.stop();
    lease_reader_.reset();
    query_reader_.reset();
    store_->close();
    server_.reset();
  }

 private:
  std::unique_ptr<Store> store_;
  std::unique_ptr<Reader> lease_reader_, query_reader_;
  std::unique_ptr<ArtifactStore> artifacts_;
  Metrics metrics_;
  Versions versions_;
  Strand strand_;
  Engine engine_;
  FleetGate fleet_;
  ControlGate control_;
  std::vector<std::string> addresses_;  ///< constant once it serves
  std::unique_ptr<Server> server_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<App>> App::start(const AppOptions& options) {
  SPIN_ASSIGN(ListenClaim claim, ListenClaim::take(options.listen, options.tls));
  SPIN_ASSIGN(Opened opened, open(options));
  auto app = std::make_unique<RunningApp>(options, std::move(opened));
  SPIN_TRY(app->serve(std::move(claim)));
  return std::unique_ptr<App>(std::move(app));
}

}  // namespace spin
