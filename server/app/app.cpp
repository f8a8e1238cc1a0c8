#include "server/app/app.h"

#include <chrono>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "schema/base/database_lock.h"
#include "schema/base/paths.h"
#include "server/app/control_gate.h"
#include "server/app/engine.h"
#include "server/app/fleet_gate.h"
#include "server/app/headroom.h"
#include "server/app/large_submissions.h"
#include "server/app/periodic.h"
#include "server/app/read_only_app.h"
#include "server/rpc/listen_probe.h"
#include "server/rpc/server.h"
#include "server/store/artifacts.h"

namespace spin {
namespace {

constexpr int kExitStoreFailed = 70;  // EX_SOFTWARE
constexpr std::chrono::seconds kHeadroomPeriod{1};
constexpr std::chrono::minutes kGarbagePeriod{10};
/// How long a scrape or a check of the health waits for anything.
constexpr std::chrono::seconds kProbeLimit{2};

/// What was decided in memory can no longer become durable: end here, SQLite recovers at the next start.
void end_process(const Error& error) {
  spdlog::critical("the database cannot be written, spind ends: {}", error.message);
  spdlog::default_logger()->flush();
  _exit(kExitStoreFailed);
}

/// What is opened from disk.
struct Opened {
  std::unique_ptr<Store> store;
  std::optional<core::Restoration> restoration;
  std::unique_ptr<Reader> lease_reader, query_reader, log_reader;
  std::unique_ptr<ArtifactStore> artifacts;
};

Result<Opened> open(const AppOptions& options) {
  Opened opened;
  if (options.database.has_parent_path()) SPIN_TRY(make_private_folders(options.database.parent_path()));
  SPIN_ASSIGN(opened.store, Store::open(options.database, end_process));
  opened.restoration.emplace(options.settings, opened.store->boot_epoch());
  SPIN_TRY(opened.store->load(*opened.restoration));
  SPIN_ASSIGN(opened.lease_reader, Reader::open(options.database));
  SPIN_ASSIGN(opened.query_reader, Reader::open(options.database));
  SPIN_ASSIGN(opened.log_reader, Reader::open(options.database));
  SPIN_TRY(make_private_folders(options.artifacts));
  SPIN_ASSIGN(opened.artifacts, ArtifactStore::open(options.artifacts, options.reserve_bytes));
  return opened;
}

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

std::filesystem::path socket_of(const std::vector<std::string>& addresses) {
  for (const auto& address : addresses)
    if (const auto path = unix_socket_path(address); path.ok()) return *path;
  return {};
}

/// Files that the database does not know are safe for as long after a start as after their upload: it may be
/// an older copy that was put back, or a new one made by mistake, and workers that were away may still name
/// them.
GarbagePolicy policy_after(std::chrono::steady_clock::duration uptime, GarbagePolicy policy) {
  if (uptime < policy.stray_grace) policy.stray_grace = std::chrono::hours(24 * 365 * 100);
  return policy;
}

void log_garbage(const GarbageReport& report) {
  if (report.artifacts + report.strays + report.uploads > 0)
    spdlog::info("{} artifacts that no job needs, {} stray files and {} unfinished uploads removed, {} MiB",
                 report.artifacts, report.strays, report.uploads, report.bytes >> 20);
  if (report.failures > 0)
    spdlog::warn("{} artifacts could not be removed: {}", report.failures, report.failure);
}

/// Of a database without a sweep.
void log_strays(const ArtifactStore& artifacts, const GarbagePolicy& policy) {
  const auto warning = warn_of_lost_database(artifacts, policy);
  if (!warning.ok()) spdlog::warn("{}", warning.error().message);
  if (warning.ok() && !warning->empty()) spdlog::warn("{}", *warning);
}

class RunningApp final : public App {
 public:
  RunningApp(const AppOptions& options, Opened opened)
      : database_(options.database),
        longest_commit_(options.longest_commit),
        store_(std::move(opened.store)),
        lease_reader_(std::move(opened.lease_reader)),
        query_reader_(std::move(opened.query_reader)),
        log_reader_(std::move(opened.log_reader)),
        artifacts_(std::move(opened.artifacts)),
        engine_({strand_, *store_, *lease_reader_, metrics_}, *std::move(opened.restoration)),
        fleet_(strand_, engine_),
        large_submissions_(strand_, engine_, *query_reader_),
        control_({strand_, engine_, *query_reader_, *log_reader_, large_submissions_, options.database,
                  options.artifacts, options.backups, socket_of(options.listen), options.reserve_bytes,
                  store_->boot_epoch()}),
        headroom_({folder_of(options.database), options.artifacts}, options.reserve_bytes,
                  [this](const std::string& reason) {
                    low_ = reason;
                    hold_or_go_on();
                  }),
        headroom_timer_(strand_.context(), kHeadroomPeriod, [this] { headroom_.look(); }),
        garbage_timer_(strand_.context(), kGarbagePeriod,
                       [this, policy = options.garbage, start = std::chrono::steady_clock::now()] {
                         store_->collect_garbage(
                             *artifacts_, policy_after(std::chrono::steady_clock::now() - start, policy),
                             log_garbage);
                       }) {
    store_->watch_disk([this](const std::string& reason) {
      strand_.post([this, reason] {
        engine_.disk_full(reason);
        hold_or_go_on();
      });
    });
    strand_.post([this, policy = options.garbage] {
      if (engine_.coordinator().sweeps().empty()) log_strays(*artifacts_, policy);
      engine_.observe(control_.observer());
      headroom_timer_.start();  // before the first lease
      engine_.start();
      go_on_with_submissions();
      garbage_timer_.start();
    });
  }
  ~RunningApp() override { stop(); }

  Status serve(ListenClaim claim) {
    addresses_ = claim.addresses();
    endpoints_ = claim.endpoints();
    SPIN_ASSIGN(server_, Server::start(std::move(claim), fleet_, control_, *artifacts_));
    // For those who find the database in use, and for `spinctl`, which may look elsewhere.
    if (const Status recorded = record_addresses(database_, addresses_); !recorded.ok())
      spdlog::warn("{}: spinctl finds this spind at its usual places alone", recorded.error().message);
    return {};
  }

  [[nodiscard]] const std::vector<std::string>& addresses() const override { return addresses_; }

  Result<std::string> metrics() override {
    // On the strand, because the server outlives that.
    const auto take_snapshot = [this] {
      auto snapshot = engine_.snapshot();
      snapshot.calls_cut_off = server_->calls_cut_off();
      return snapshot;
    };
    SPIN_ASSIGN(const MetricsSnapshot snapshot, strand_.ask(take_snapshot, kProbeLimit));
    return metrics_.text(snapshot);
  }

  Health health() override {
    const auto store = strand_.ask(
        [this] { return std::pair(engine_.disk_full(), engine_.oldest_commit_age()); }, kProbeLimit);
    if (!store.ok()) return {.ok = false, .reason = store.error().message};
    const auto& [disk_full, commit_age] = *store;
    if (!disk_full.empty()) return {.ok = false, .reason = disk_full};
    if (commit_age > longest_commit_)
      return {.ok = false,
              .reason = "the database has not taken what was handed to it for " +
                        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(commit_age).count()) +
                        " s; is its disk stuck?"};
    for (const std::string& endpoint : endpoints_)
      if (const Status listens = probe_listener(endpoint, kProbeLimit); !listens.ok())
        return {.ok = false, .reason = listens.error().message};
    return {};
  }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    if (server_ != nullptr) server_->stop();
    // First, for the large_submissions may wait for an answer that has no room on the disk.
    strand_.post([this] {
      if (!engine_.disk_full().empty())
        spdlog::warn("what waits for room on the disk is not stored: {}", engine_.disk_full());
      engine_.stop();
      headroom_timer_.stop();
      garbage_timer_.stop();
    });
    large_submissions_.stop();
    control_.stop();
    // Nobody commits after the strand, nor reads once what it said to workers is delivered. The store closes
    // last: only the last connection empties and removes SQLite's log, so that the database is one file while
    // spind does not run.
    strand_.stop();
    engine_.stop_delivery();
    lease_reader_.reset();
    query_reader_.reset();
    log_reader_.reset();
    store_->close();
    server_.reset();
  }

 private:
  /// No work is begun while a disk is full, or below its reserve.
  void hold_or_go_on() {
    const std::string& reason = engine_.disk_full().empty() ? low_ : engine_.disk_full();
    if (reason == held_) return;
    held_ = reason;
    engine_.hold_leases(reason);
    large_submissions_.hold(!reason.empty());
  }

  /// Large sweeps that were being stored when the last process ended.
  void go_on_with_submissions() {
    const auto& coordinator = engine_.coordinator();
    for (const auto& status : coordinator.sweep_statuses(std::chrono::steady_clock::now()))
      if (status.jobs_to_come > 0)
        large_submissions_.add(status.id, status.counts.total(), status.counts.total() + status.jobs_to_come);
  }

  const std::filesystem::path database_;
  const std::chrono::seconds longest_commit_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Reader> lease_reader_, query_reader_, log_reader_;
  std::unique_ptr<ArtifactStore> artifacts_;
  Metrics metrics_;
  Strand strand_;
  Engine engine_;
  FleetGate fleet_;
  LargeSubmissions large_submissions_;
  ControlGate control_;
  std::string low_, held_;  ///< on the strand: which disk is below its reserve, why no work is begun
  Headroom headroom_;
  Periodic headroom_timer_, garbage_timer_;  ///< on the strand
  // Constant once it serves.
  std::vector<std::string> addresses_, endpoints_;
  std::unique_ptr<Server> server_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<App>> App::start(const AppOptions& options) {
  if (options.read_only) return start_read_only(options);
  SPIN_ASSIGN(ListenClaim claim, ListenClaim::take(options.listen, options.tls));
  SPIN_ASSIGN(Opened opened, open(options));
  auto app = std::make_unique<RunningApp>(options, std::move(opened));
  SPIN_TRY(app->serve(std::move(claim)));
  return std::unique_ptr<App>(std::move(app));
}

}  // namespace spin
