#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "client/commands/data_seen.h"
#include "client/commands/follow.h"
#include "client/commands/local_fleet.h"
#include "client/commands/options.h"
#include "client/commands/private_folder.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/cell_listing.h"
#include "client/render/cells.h"
#include "client/render/listings.h"
#include "client/render/text.h"
#include "schema/base/database_lock.h"
#include "schema/base/device.h"
#include "schema/base/machine.h"
#include "schema/job/hints.h"

namespace spin::cli {
namespace {

namespace fs = std::filesystem;

struct RunOptions {
  SweepSource source;
  std::string database;  ///< empty = none is kept
  int slots = 0;         ///< 0 = chosen by the machine
  int threads = 0;       ///< per slot; 0 = chosen by the machine
  std::string device = "cpu";
  std::string data;
  std::string retrain;
  render::Format format = render::Format::table;
};

/// Small networks train faster side by side on a thread each than one after the other on many threads; a GPU
/// serves one.
constexpr int kMostSlots = 4;

void choose_slots(const RunOptions& options, int jobs, FleetSettings& settings) {
  const int cores = usable_cores();
  const int by_threads = options.threads > 0 ? std::max(1, cores / options.threads) : cores;
  const int chosen = options.device == "cpu" ? std::min({by_threads, kMostSlots, std::max(1, jobs)}) : 1;
  settings.slots = options.slots > 0 ? options.slots : chosen;
  settings.threads = options.threads;
}

Status check_folders(const RunOptions& options) {
  std::error_code ignored;
  if (!options.data.empty() && !fs::is_directory(options.data, ignored))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("--data {}: there is no such folder", options.data)};
  if (options.database.empty()) return {};
  const fs::path parent = fs::absolute(options.database).parent_path();
  if (!fs::is_directory(parent, ignored))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("--db {}: there is no folder {}", options.database, parent.string())};
  return {};
}

/// What another process does with the database, and the way out.
Status check_unused(const RunOptions& options) {
  if (options.database.empty()) return {};
  const auto holder = who_holds_database(options.database);
  if (!holder) return {};
  const auto refused = [&](const std::string& reason) {
    return Error{ErrorCode::already_exists, fmt::format("--db {}: {}", options.database, reason)};
  };
  const auto& addresses = holder->addresses;
  if (addresses.empty())
    return refused(fmt::format("{} uses it and does not serve yet, or another command does; try again soon",
                               to_text(*holder)));
  if (PrivateFolder::is_private(addresses.front()))
    return refused(
        fmt::format("another `spinctl run` uses it (its spind has pid {}); wait for its end or stop it, or "
                    "look on with `spinctl status --db {}`",
                    holder->pid, options.database));
  return refused(fmt::format("{}; `spinctl --connect {} submit {}` hands the sweep to it", to_text(*holder),
                             addresses.front(), options.source.file));
}

/// Free on the disk of a database that is kept nowhere: below it the coordinator begins no job.
constexpr std::uint64_t kNeededBytes = std::uint64_t{256} << 20;

std::string data_folder(const RunOptions& options) {
  return options.data.empty() ? "" : fs::absolute(options.data).string();
}

FleetSettings settings_of(const RunOptions& options, const PrivateFolder& folder, int jobs) {
  FleetSettings settings;
  const bool is_kept = !options.database.empty();
  const fs::path base = is_kept ? fs::absolute(options.database) : folder.path() / "spin.db";
  const auto beside = [&base](const char* suffix) { return fs::path(base.string() + suffix); };
  settings.socket = folder.socket();
  settings.database = base;
  settings.artifacts = beside(".artifacts");
  settings.worker_state = beside(".worker");
  settings.spind_log = beside(".spind.log");
  settings.worker_log = beside(".worker.log");
  settings.device = options.device;
  settings.is_kept = is_kept;
  settings.data = data_folder(options);
  choose_slots(options, jobs, settings);
  return settings;
}

/// What single jobs failed of, below the table.
void print_failures(const std::vector<JobRow>& rows) {
  constexpr int kMostShown = 20;
  int failed = 0;
  for (const auto& row : rows) {
    if (row.state != JobState::failed || ++failed > kMostShown) continue;
    complain(fmt::format("{} failed: {}", row.name, row.reason));
  }
  if (failed > kMostShown) complain(fmt::format("and {} more jobs failed", failed - kMostShown));
}

/// The reason with which every job failed that could begin, at its first attempt: what they were given cannot
/// be used.
std::optional<std::string> common_failure(const std::vector<JobRow>& rows) {
  std::optional<std::string> reason;
  for (const auto& row : rows) {
    if (row.state == JobState::blocked) continue;
    if (row.state != JobState::failed || row.attempts > 1 || row.reason != reason.value_or(row.reason))
      return {};
    reason = row.reason;
  }
  return reason;
}
/// Shows a sweep whose worker is on its way: that none is attached is no news until one was.
class WithOwnWorker final : public render::ProgressDisplay {
 public:
  explicit WithOwnWorker(render::ProgressDisplay& display) : display_(display) {}
  void show(const SweepStatus& status) override {
    has_worker_ = has_worker_ || status.hint != kNoWorkerHint;
    if (has_worker_) return display_.show(status);
    SweepStatus shown = status;
    shown.hint.clear();
    display_.show(shown);
  }
  void note(const std::string& line) override { display_.note(line); }
  void close() override { display_.close(); }
  [[nodiscard]] render::Style style() const override { return display_.style(); }

 private:
  render::ProgressDisplay& display_;
  bool has_worker_ = false;
};

/// What a sweep ends by its name alone, which is no word of the command.
std::string replacement_text(const ReplacedSweep& replaced, const std::string& name) {
  return fmt::format("takes the place of sweep {} ({}): {} cancelled; the checkpoints stay",
                     replaced.sweep.value, name, render::counted(replaced.jobs_cancelled, "unfinished job"));
}

/// One sweep from submission to results, at a coordinator of our own.
class LocalRun {
 public:
  LocalRun(const RunOptions& options, const SweepFile& sweep, LocalFleet& fleet, ControlClient& client,
           Interrupt& interrupt)
      : options_(options), sweep_(sweep), fleet_(fleet), client_(client), interrupt_(interrupt) {}

  Result<int> train(render::ProgressDisplay& display) {
    SPIN_TRY(fleet_.start_coordinator());
    // An edited file goes on in the place of what it was before.
    const SubmissionOptions submission{/*replace=*/true, retrain_of(options_.retrain),
                                       data_in_sight(sweep_, data_folder(options_))};
    SPIN_ASSIGN(const Submitted submitted, with_patience(interrupt_, [&] {
                  return client_.submit(sweep_, submission, [](const auto&) {});
                }));
    for (const ReplacedSweep& replaced : submitted.replaced)
      if (replaced.jobs_cancelled > 0) display.note(replacement_text(replaced, submitted.name));
    for (const auto& note : submitted.notes) display.note(note);
    const std::string id = std::to_string(submitted.sweep.value);
    SPIN_ASSIGN(const auto sweeps, with_patience(interrupt_, [&] { return client_.status(id); }));
    if (sweeps.empty())
      return Error{ErrorCode::internal, "the coordinator does not know the sweep that it took"};
    SweepStatus last = sweeps.front();
    if (last.counts.live() > 0) {
      fleet_.start_worker();
      WithOwnWorker shown(display);
      SPIN_ASSIGN(const auto followed, follow_sweep(client_, id, /*is_expected=*/true, shown, interrupt_));
      last = followed.status;
    }
    display.close();
    if (interrupt_.stopped()) return Error{ErrorCode::unavailable, "interrupted"};
    return print_results(id, last);
  }

 private:
  Result<int> print_results(const std::string& id, const SweepStatus& last) {
    std::vector<JobRow> jobs;
    if (last.counts.failed > 0) {
      SPIN_ASSIGN(jobs, with_patience(interrupt_, [&] { return client_.jobs(id); }));
      if (const auto reason = common_failure(jobs))
        return report(
            {ErrorCode::invalid_argument, fmt::format("no job of {} can run: {}", last.name, *reason)});
    }
    SPIN_ASSIGN(const auto cells,
                with_patience(interrupt_, [&] { return cells_of(client_, {.sweeps = {last.id.value}}); }));
    print_listing(render::cells_table({cells.columns, cells.rows}), options_.format,
                  "the sweep has no results");
    std::cout.flush();
    for (const auto& line : render::mixed_data({cells.columns, cells.rows})) complain(line);
    print_failures(jobs);
    return judge(last);
  }

  const RunOptions& options_;
  const SweepFile& sweep_;
  LocalFleet& fleet_;
  ControlClient& client_;
  Interrupt& interrupt_;
};

/// The first line says what happened; those behind it are the end of a daemon's log.
void complain_with_log(const std::string& message) {
  std::istringstream lines(message);
  std::string line;
  std::getline(lines, line);
  complain(line);
  while (std::getline(lines, line)) std::cerr << render::printable(line, own_charset()) << '\n';
}

/// Exit code of a run that a signal ended; says how to go on.
int after_signal(const RunOptions& options, int signal) {
  if (options.database.empty()) {
    complain("stopped; nothing was kept (--db PATH keeps what is done, to go on from there)");
  } else {
    complain(fmt::format("stopped; the same command goes on from {}", options.database));
  }
  return 128 + signal;
}

/// While it lives, a lost reader does not end the process.
class IgnoredPipeSignal {
 public:
  IgnoredPipeSignal() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  ~IgnoredPipeSignal() { std::signal(SIGPIPE, before_); }
  IgnoredPipeSignal(const IgnoredPipeSignal&) = delete;
  IgnoredPipeSignal& operator=(const IgnoredPipeSignal&) = delete;

 private:
  void (*before_)(int);
};

int train_here(const RunOptions& options, const SweepFile& sweep, int jobs) {
  // The display and the results may lose their reader; the daemons are to be ended all the same.
  const IgnoredPipeSignal ignored;
  Interrupt interrupt;
  const auto folder = PrivateFolder::make(options.database.empty() ? kNeededBytes : 0, complain);
  if (!folder.ok()) return report(folder.error());
  const auto display = make_display(STDERR_FILENO);
  const auto settings = settings_of(options, *folder, jobs);
  auto client = ControlClient::make({"unix:" + settings.socket.string(), {}}, &interrupt);
  if (!client.ok()) return report(client.error());
  auto fleet = LocalFleet::make(settings, interrupt, [&](const std::string& line) { display->note(line); });
  if (!fleet.ok()) return report(fleet.error());
  const auto code = LocalRun(options, sweep, **fleet, *client, interrupt).train(*display);
  display->close();
  if (settings.is_kept && interrupt.signal() != 0 && !code.ok())
    complain(
        "stopping: running jobs save what they have learnt first; the same signal again ends them at once");
  (*fleet)->stop(/*is_done=*/code.ok());
  if (interrupt.signal() != 0 && !code.ok()) return after_signal(options, interrupt.signal());
  if (code.ok()) return *code;
  const Error error = interrupt.error().value_or(code.error());
  complain_with_log(error.message);
  // Our own coordinator is nobody else's business: that it cannot be reached is a failure of the work.
  const int exit_code = exit_code_of(error);
  return exit_code == kNoCoordinator ? kWorkFailed : exit_code;
}

int run(const Invocation& invocation, const RunOptions& options) {
  if (!invocation.connect.text.empty())
    return report(
        {ErrorCode::invalid_argument,
         "--connect: run starts a coordinator of its own; `spinctl submit` hands a sweep to another one"});
  const auto sweep = read_sweep(options.source);
  if (!sweep.ok()) return report(sweep.error());
  const auto plan = plan_sweep(sweep->file, sweep->text, sweep->overrides);
  if (!plan.ok()) return report(plan.error());
  if (const Status checked = check_folders(options); !checked.ok()) return report(checked.error());
  if (const Status unused = check_unused(options); !unused.ok()) return report(unused.error());
  return train_here(options, *sweep, static_cast<int>(plan->jobs.size()));
}

std::string check_device(const std::string& device) {
  const auto checked = check_device_list(device);
  return checked.ok() ? "" : checked.error().message;
}

}  // namespace

void add_run(CLI::App& app, Invocation& invocation) {
  constexpr int kMost = 1024;
  auto options = std::make_shared<RunOptions>();
  auto* verb = app.add_subcommand("run", "Trains a sweep on this machine and prints the results");
  add_sweep_source(*verb, options->source);
  verb->add_option("--db", options->database, "keep the database here; the same command goes on from it")
      ->type_name("PATH");
  verb->add_option("--slots", options->slots,
                   "jobs at a time on each device; default: by cores on the CPU, 1 on a GPU")
      ->check(CLI::Range(1, kMost))
      ->type_name("N");
  verb->add_option("--threads", options->threads, "threads of each job; default: the cores, shared out")
      ->check(CLI::Range(1, kMost))
      ->type_name("N");
  verb->add_option("--device", options->device,
                   "cpu or cuda:K, several with commas, or cuda:all; default: cpu")
      ->check(check_device)
      ->type_name("D");
  verb->add_option("--data", options->data, "folder of the data set, instead of the sweep's")
      ->type_name("DIR");
  add_retrain(*verb, options->retrain);
  add_format(*verb, options->format);
  verb->footer(
      "\nProgress goes to standard error, the results to standard output. Ctrl-C stops everything; with "
      "--db,\n"
      "running jobs save first, and the same command goes on from there. Where the\n"
      "file or --set changed, the sweep takes the place of the unfinished one of its name: jobs of both go\n"
      "on, the others are cancelled and keep their checkpoints. Where finished jobs were trained on other "
      "data\n"
      "than are there now, nothing runs before --retrain says what is to become of them.\n"
      "Exit code 1 where a job failed, 2 where every one fails for what it was given.\n\nExamples:\n  "
      "spinctl run sweep.yaml\n"
      "  spinctl run sweep.yaml --db study.db --set training.epochs=5\n"
      "  spinctl run sweep.yaml --device cuda:all --format csv > results.csv");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return run(invocation, *options); };
  });
}

}  // namespace spin::cli
