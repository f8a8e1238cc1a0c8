#include <mutex>
#include <utility>

#include "schema/sql/tables.h"
#include "server/store/config_parts.h"
#include "server/store/lookup.h"
#include "server/store/open.h"
#include "server/store/reader.h"
#include "server/store/row_values.h"

namespace spin {
namespace {

const std::string kLease =
    "SELECT j.hash, j.config, " + std::string(kNameOfJob) +
    ", coalesce(d.root, '')"
    " FROM sweep_job j JOIN sweep s ON s.id = j.sweep JOIN demand m ON m.id = j.demand"
    " CROSS JOIN labelled_cell c ON c.sweep = s.id AND c.position = j.position / s.seeds"
    " LEFT JOIN sweep_data d ON d.sweep = s.id AND d.dataset = m.dataset"
    " WHERE j.key = ?1 ORDER BY s.deleting, s.id DESC LIMIT 1";
// Pages: ?1 sweep, ?2 position after which it begins, ?3 rows
const std::string kJobPage =
    "SELECT g.first + j.key - g.job, j.hash, " + std::string(kNameOfJob) + ", " + state_of_job() +
    ", coalesce(st.reason, ''), c.params, c.flops,"
    " (SELECT count(*) FROM attempt WHERE job = j.key),"
    " (SELECT worker FROM attempt WHERE job = j.key ORDER BY boot_epoch DESC, sequence DESC LIMIT 1),"
    " r.top1, r.seconds,"
    // As Catalogue::owner_of().
    " coalesce(st.priority, (SELECT o.priority FROM sweep_job oj JOIN sweep o ON o.id = oj.sweep"
    " WHERE oj.key = j.key AND o.deleting = 0"
    " ORDER BY o.cancelled OR o.paused, o.cancelled, o.priority DESC, o.id LIMIT 1))"
    " FROM sweep s JOIN sweep_range g ON g.sweep = s.id AND g.first > ?2 - " +
    std::to_string(kMostJobsOfRange) +
    " JOIN job j ON j.key BETWEEN g.job + max(0, ?2 + 1 - g.first) AND g.job + g.jobs - 1"
    " CROSS JOIN labelled_cell c ON c.sweep = s.id AND c.position = (g.first + j.key - g.job) / s.seeds"
    " LEFT JOIN job_state st ON st.job = j.key LEFT JOIN result r ON r.job = j.key"
    " WHERE s.id = ?1 ORDER BY g.first, j.key LIMIT ?3";
constexpr char kPlaceOfJob[] =
    "SELECT j.sweep, j.position FROM sweep_job j JOIN sweep s ON s.id = j.sweep"
    " WHERE j.key = ?1 AND s.deleting = 0 ORDER BY s.id DESC LIMIT 1";
constexpr char kJobName[] = "SELECT name FROM named_job WHERE key = ?1 AND +sweep_id = ?2";
constexpr char kConfig[] = "SELECT config FROM job WHERE key = ?1";
constexpr char kDependencies[] =
    "SELECT j.hash FROM job_input i JOIN job j ON j.key = i.source WHERE i.job = ?1 ORDER BY i.role, "
    "i.source";
constexpr char kSweepsOfJob[] =
    "SELECT s.name FROM sweep_job j JOIN sweep s ON s.id = j.sweep WHERE j.key = ?1 AND s.deleting = 0 "
    "ORDER BY s.id";
constexpr char kAttempts[] =
    "SELECT boot_epoch, sequence, worker, state, error, started_at_ms, ended_at_ms FROM attempt WHERE job = "
    "?1"
    " ORDER BY boot_epoch, sequence";
const std::string kEpochs =
    "SELECT epoch, " + names_of_metrics(kEpochTable) + " FROM epoch WHERE job = ?1 ORDER BY epoch";
const std::string kResult =
    "SELECT r.outcome, r.data, coalesce(d.summary, ''), " +
    list_of_metrics(kResultTable, [](const std::string& name) { return "r." + name; }) +
    " FROM result r JOIN job j ON j.key = r.job JOIN demand m ON m.id = j.demand LEFT JOIN data_state d"
    " ON d.dataset = m.dataset AND d.fingerprint = r.data WHERE r.job = ?1";
constexpr char kDataStates[] =
    "SELECT fingerprint, summary FROM data_state WHERE dataset = ?1 ORDER BY fingerprint";
constexpr char kTrainedOnOthers[] =
    "SELECT j.hash, r.data FROM job j JOIN result r ON r.job = j.key JOIN demand m ON m.id = j.demand"
    " WHERE m.dataset = ?1 AND r.data <> '' AND r.data <> ?2";
constexpr char kArtifacts[] =
    "SELECT a.hash, ja.kind, a.bytes FROM job_artifact ja JOIN artifact a ON a.hash = ja.artifact WHERE "
    "ja.job = ?1"
    " ORDER BY ja.kind";
constexpr char kResultPage[] =
    "SELECT cell, network, sharing, transform, fusion, settings, params, flops, seeds, finished, diverged, "
    "top1_mean,"
    " top1_deviation, difference, dataset, data FROM cells WHERE sweep_id = ?1 AND cell > ?2 ORDER BY cell "
    "LIMIT ?3";
constexpr char kLog[] =
    "SELECT number, at_ms, text FROM log_line WHERE job = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
constexpr char kSource[] = "SELECT name, source, overrides FROM sweep WHERE id = ?1";
constexpr char kIsThere[] = "SELECT 1 FROM sweep WHERE id = ?1 AND deleting = 0";
constexpr char kWorkers[] =
    "SELECT name, host, devices, version, slots, threads, jobs_done, last_seen_ms, labels FROM worker"
    " ORDER BY name";

constexpr int kRowsPerPage = 1000;
constexpr int kLinesPerPage = 1000;
constexpr std::size_t kLogPageBytes = 256 << 10;

struct Statements {
  Statement lease, job_page, place_of_job, job_name, config, dependencies, sweeps_of_job, attempts, epochs,
      result, artifacts, result_page, log, source, is_there, workers, data_states, trained_on_others;

  Status prepare(Database& database) {
    SPIN_ASSIGN(lease, database.prepare(kLease));
    SPIN_ASSIGN(job_page, database.prepare(kJobPage));
    SPIN_ASSIGN(place_of_job, database.prepare(kPlaceOfJob));
    SPIN_ASSIGN(job_name, database.prepare(kJobName));
    SPIN_ASSIGN(config, database.prepare(kConfig));
    SPIN_ASSIGN(dependencies, database.prepare(kDependencies));
    SPIN_ASSIGN(sweeps_of_job, database.prepare(kSweepsOfJob));
    SPIN_ASSIGN(attempts, database.prepare(kAttempts));
    SPIN_ASSIGN(epochs, database.prepare(kEpochs));
    SPIN_ASSIGN(result, database.prepare(kResult));
    SPIN_ASSIGN(artifacts, database.prepare(kArtifacts));
    SPIN_ASSIGN(result_page, database.prepare(kResultPage));
    SPIN_ASSIGN(log, database.prepare(kLog));
    SPIN_ASSIGN(source, database.prepare(kSource));
    SPIN_ASSIGN(is_there, database.prepare(kIsThere));
    SPIN_ASSIGN(workers, database.prepare(kWorkers));
    SPIN_ASSIGN(data_states, database.prepare(kDataStates));
    SPIN_ASSIGN(trained_on_others, database.prepare(kTrainedOnOthers));
    return {};
  }
};

Error no_such_job(core::JobKey job) {
  return Error{ErrorCode::not_found, "there is no job number " + std::to_string(job.value)};
}

/// Each row of `rows` through `read` into a list.
template <class T, class Read>
Result<std::vector<T>> collect(Rows rows, Read read) {
  std::vector<T> list;
  while (rows.next()) {
    Result<T> value = read(rows);
    if (!value.ok()) return value.error();
    list.push_back(*std::move(value));
  }
  SPIN_TRY(rows.status());
  return list;
}

class SqliteReader final : public Reader {
 public:
  SqliteReader(Database database) : database_(std::move(database)) {}

  Status prepare() {
    database_.never_checkpoint();
    SPIN_TRY(database_.run("PRAGMA cache_size = -" + std::to_string(kCacheKib)));
    SPIN_TRY(statements_.prepare(database_));
    SPIN_ASSIGN(auto lookup, Lookup::make(database_));
    lookup_.emplace(std::move(lookup));
    SPIN_ASSIGN(auto parts, ConfigPartReader::make(database_));
    parts_.emplace(std::move(parts));
    return {};
  }

  Result<SweepId> find_sweep(const std::string& text) override {
    const std::lock_guard lock(mutex_);
    return lookup_->find_sweep(text);
  }

  Result<core::JobKey> find_job(const std::string& text) override {
    const std::lock_guard lock(mutex_);
    return lookup_->find_job(text);
  }

  Result<std::vector<Lease>> leases(std::span<const core::SendLease> orders) override {
    const std::lock_guard lock(mutex_);
    // One transaction for all: SQLite's locks cost more than a row.
    SPIN_ASSIGN(auto transaction, Transaction::begin(database_, Transaction::Kind::read));
    std::vector<Lease> leases;
    leases.reserve(orders.size());
    for (const auto& order : orders) {
      auto rows = statements_.lease.query(order.job.value);
      if (!rows.next()) {
        SPIN_TRY(rows.status());
        return no_such_job(order.job);
      }
      SPIN_ASSIGN(auto config, parts_->join(rows.text(1)));
      LeasedJob job{order.attempt,     JobId{rows.digest(0)}, rows.text(2),
                    std::move(config), rows.text(3),          order.inputs};
      leases.push_back({{std::move(job)}, order.devices});
    }
    SPIN_TRY(transaction.commit());
    return leases;
  }

  Result<std::string> job_name(SweepId sweep, core::JobKey job) override {
    const std::lock_guard lock(mutex_);
    auto rows = statements_.job_name.query(job.value, sweep.value);
    if (rows.next()) return rows.text(0);
    SPIN_TRY(rows.status());
    return no_such_job(job);
  }

  Status jobs(SweepId sweep, const std::function<bool(const JobRow&)>& each) override {
    return in_pages<JobRow>(statements_.job_page, sweep, job_row, each);
  }

  Result<JobDetail> job(core::JobKey job) override {
    const std::lock_guard lock(mutex_);
    SPIN_ASSIGN(auto transaction, Transaction::begin(database_, Transaction::Kind::read));
    JobDetail detail;
    SPIN_ASSIGN(detail.row, newest_row(job));
    SPIN_TRY(fill(job, detail));
    SPIN_TRY(transaction.commit());
    return detail;
  }

  Result<SweepFile> source(SweepId sweep) override {
    const std::lock_guard lock(mutex_);
    SPIN_ASSIGN(auto found, collect<SweepFile>(statements_.source.query(sweep.value), sweep_source));
    if (!found.empty()) return std::move(found.front());
    return Error{ErrorCode::not_found, "there is no sweep number " + std::to_string(sweep.value)};
  }

  Status results(SweepId sweep, const std::function<bool(const ResultRow&)>& each) override {
    return in_pages<ResultRow>(statements_.result_page, sweep, result_row, each);
  }

  Result<std::vector<LogLine>> log(core::JobKey job, std::int64_t after, int limit) override {
    const std::lock_guard lock(mutex_);
    std::vector<LogLine> lines;
    auto rows = statements_.log.query(job.value, after, limit);
    for (std::size_t bytes = 0; bytes < kLogPageBytes && rows.next(); bytes += lines.back().text.size())
      lines.push_back({rows.integer(0), rows.integer(1), rows.text(2)});
    SPIN_TRY(rows.status());
    return lines;
  }

  Result<std::vector<DataState>> data_states(const std::string& dataset) override {
    const std::lock_guard lock(mutex_);
    return collect<DataState>(statements_.data_states.query(dataset), [](const Rows& rows) {
      return DataState{rows.text(0), rows.text(1)};
    });
  }

  Result<std::vector<TrainedJob>> trained_on_others(const std::string& dataset,
                                                    const std::string& fingerprint) override {
    const std::lock_guard lock(mutex_);
    return collect<TrainedJob>(statements_.trained_on_others.query(dataset, fingerprint),
                               [](const Rows& rows) {
                                 return TrainedJob{JobId{rows.digest(0)}, rows.text(1)};
                               });
  }

  Result<std::vector<WorkerRow>> workers() override {
    const std::lock_guard lock(mutex_);
    return collect<WorkerRow>(statements_.workers.query(), worker_row);
  }

 private:
  /// Rows that begin with their position, read in pages, so that no large sweep stands in memory, and whoever
  /// takes the rows slowly holds neither the lock nor an old snapshot. not_found where the sweep was deleted
  /// meanwhile: then rows are missing.
  template <class Row, class Read>
  Status in_pages(Statement& page, SweepId sweep, Read read, const std::function<bool(const Row&)>& each) {
    std::int64_t last = -1;
    const auto next = [&] {
      const std::lock_guard lock(mutex_);
      return collect<Row>(page.query(sweep.value, last, kRowsPerPage), [&](const Rows& rows) {
        last = rows.integer(0);
        return read(rows);
      });
    };
    for (;;) {
      SPIN_ASSIGN(const auto rows, next());
      for (const Row& row : rows)
        if (!each(row)) return {};
      if (rows.size() < kRowsPerPage) return check_there(sweep);
    }
  }

  Status check_there(SweepId sweep) {
    const std::lock_guard lock(mutex_);
    auto rows = statements_.is_there.query(sweep.value);
    if (rows.next()) return {};
    SPIN_TRY(rows.status());
    return Error{ErrorCode::not_found, "sweep " + std::to_string(sweep.value) +
                                           " was deleted while it was listed; the rows are not all of it"};
  }

  /// As the newest sweep shows it.
  Result<JobRow> newest_row(core::JobKey job) {
    auto place = statements_.place_of_job.query(job.value);
    if (!place.next()) {
      SPIN_TRY(place.status());
      return no_such_job(job);
    }
    auto rows = statements_.job_page.query(place.integer(0), place.integer(1) - 1, 1);
    if (rows.next()) return job_row(rows);
    SPIN_TRY(rows.status());
    return no_such_job(job);
  }

  Status fill(core::JobKey job, JobDetail& detail) {
    const auto key = job.value;
    const auto first_text = [](const Rows& rows) { return rows.text(0); };
    SPIN_ASSIGN(const auto configs, collect<std::string>(statements_.config.query(key), first_text));
    if (!configs.empty()) {
      SPIN_ASSIGN(detail.config, parts_->join(configs.front()));
    }
    SPIN_ASSIGN(detail.depends_on, collect<JobId>(statements_.dependencies.query(key),
                                                  [](const Rows& rows) { return JobId{rows.digest(0)}; }));
    SPIN_ASSIGN(detail.sweeps, collect<std::string>(statements_.sweeps_of_job.query(key), first_text));
    SPIN_ASSIGN(detail.attempts, collect<AttemptRow>(statements_.attempts.query(key), attempt_row));
    SPIN_ASSIGN(detail.epochs, collect<EpochMetrics>(statements_.epochs.query(key), epoch_metrics));
    SPIN_ASSIGN(const auto results, collect<JobResult>(statements_.result.query(key), job_result));
    if (!results.empty()) detail.result = results.front();
    SPIN_ASSIGN(detail.artifacts, collect<ArtifactRef>(statements_.artifacts.query(key), artifact_ref));
    return {};
  }

  std::mutex mutex_;
  // Behind mutex_. The connection goes last.
  Database database_;
  Statements statements_;
  std::optional<Lookup> lookup_;
  std::optional<ConfigPartReader> parts_;
};

}  // namespace

Status Reader::whole_log(core::JobKey job, const std::function<bool(const LogLine&)>& each) {
  for (std::int64_t after = 0;;) {
    SPIN_ASSIGN(const auto lines, log(job, after, kLinesPerPage));
    if (lines.empty()) return {};
    for (const LogLine& line : lines)
      if (!each(line)) return {};
    after = lines.back().number;
  }
}

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& path) {
  SPIN_ASSIGN(auto database, Database::open(path, Database::Mode::read_only));
  auto reader = std::make_unique<SqliteReader>(std::move(database));
  SPIN_TRY(reader->prepare());
  return std::unique_ptr<Reader>(std::move(reader));
}

}  // namespace spin
