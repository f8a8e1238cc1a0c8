#include <algorithm>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/follow.h"
#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/cells.h"

namespace spin::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{500};
/// How long workers take at most to find a coordinator that was started again.
constexpr std::chrono::seconds kReattachLimit{15};

struct DrainOptions {
  std::string worker;
  bool wait = false;
  render::Format format = render::Format::table;
};

/// How a worker stands after the command.
struct Drained {
  const char* state = "draining";  ///< draining, gone, back (attached again after it was gone)
  int running = 0;                 ///< jobs
  std::string sentence;
};

void print_drained(const std::string& worker, const Drained& drained, render::Format format) {
  if (format == render::Format::table) {
    std::cout << drained.sentence << '\n' << std::flush;
    return;
  }
  print_object({{{.key = "worker", .title = "worker"},
                 {.key = "state", .title = "state"},
                 {.key = "running", .title = "running", .align = render::Align::right}},
                1,
                [&](std::size_t) -> render::Row {
                  return {render::text_cell(worker), render::text_cell(drained.state),
                          render::whole_cell(drained.running)};
                }},
               format);
}

/// Waits until the worker is gone, also where the coordinator restarts meanwhile, and says how it stands as
/// that changes.
class Departure {
 public:
  /// `asked_of`: boot epoch of the coordinator that was asked to drain the worker.
  Departure(ControlClient& client, std::string worker, const Interrupt& interrupt, std::int64_t asked_of)
      : client_(client), worker_(std::move(worker)), interrupt_(interrupt), asked_of_(asked_of) {}

  /// How it has left; none where a signal came first.
  Result<Drained> wait() {
    bool has_drained = false;
    for (;;) {
      SPIN_ASSIGN(const auto workers, with_patience(interrupt_, [this] { return client_.workers(); }));
      const auto& rows = workers.rows;
      const auto row =
          std::find_if(rows.begin(), rows.end(), [&](const auto& entry) { return entry.name == worker_; });
      const std::string state = row == rows.end() ? "offline" : row->state;
      if (state == "offline" && !is_being_found(workers.boot_epoch))
        return Drained{"gone", 0, worker_ + " is gone"};
      if (state != "offline" && state != "draining" && workers.boot_epoch != asked_of_) {
        // A coordinator that was started again does not know what was asked of the worker; of one that is set
        // aside (quarantined) it does not show it either.
        const auto again = with_patience(interrupt_, [this] { return client_.drain(worker_); });
        if (!again.ok() && again.error().code != ErrorCode::not_found) return again.error();
        asked_of_ = again.ok() ? again->boot_epoch : workers.boot_epoch;
        continue;
      }
      // Who started it anew under its name finds it at work.
      if (has_drained && state == "online")
        return Drained{"back", row->busy, worker_ + " has gone, and is attached again"};
      if (state == "draining") asked_of_ = workers.boot_epoch;
      // Whoever is set aside drains as well, since this coordinator was asked.
      if (state == "draining" || state == "quarantined") has_drained = true;
      tell(state == "offline" ? worker_ + " has not yet found the coordinator, which was started again"
                              : fmt::format("{}: {} to go", worker_, render::counted(row->busy, "job")));
      if (interrupt_.wait_for(kPause)) return Error{ErrorCode::unavailable, "interrupted"};
    }
  }

 private:
  void tell(const std::string& how) {
    if (how != told_) complain(how);
    told_ = how;
  }
  /// Whether a worker that the coordinator shows as offline may still be at work: it needs a while to find a
  /// coordinator that was started again.
  [[nodiscard]] bool is_being_found(std::int64_t boot_epoch) {
    if (boot_epoch == asked_of_) return false;
    if (boot_epoch != seen_) seen_at_ = Clock::now();
    seen_ = boot_epoch;
    return Clock::now() - seen_at_ < kReattachLimit;
  }

  ControlClient& client_;
  const std::string worker_;
  const Interrupt& interrupt_;
  std::string told_;
  std::int64_t asked_of_;
  std::int64_t seen_ = 0;  ///< the coordinator that last showed the worker as offline, and was not asked
  Clock::time_point seen_at_{};  ///< first
};

int wait_for(ControlClient& client, const DrainOptions& options, const Interrupt& interrupt,
             std::int64_t asked_of) {
  const auto left = Departure(client, options.worker, interrupt, asked_of).wait();
  if (left.ok()) {
    print_drained(options.worker, *left, options.format);
    return kDone;
  }
  if (interrupt.signal() == 0) return report(left.error());
  complain(fmt::format("stopped waiting; {} still leaves once its jobs are done", options.worker));
  return 128 + interrupt.signal();
}

/// Where the coordinator knows no such worker: one that has left before is what was asked for.
int judge_absent(ControlClient& client, const DrainOptions& options, const Error& error) {
  const auto workers = client.workers();
  if (error.code != ErrorCode::not_found || !workers.ok()) return report(error);
  const auto& rows = workers->rows;
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const auto& entry) { return entry.name == options.worker; });
  if (row == rows.end() || row->state != "offline") return report(error);
  print_drained(options.worker,
                {"gone", 0,
                 fmt::format("{} is gone already; it was last seen {}", options.worker,
                             render::age(row->last_seen_ms, wall_ms()))},
                options.format);
  return kDone;
}

std::string farewell(const std::string& worker, int running) {
  if (running == 0) return worker + " leaves; nothing runs on it";
  return fmt::format("{} takes no more jobs and leaves after the {} that it runs", worker,
                     render::counted(running, "job"));
}

int drain(const Invocation& invocation, const DrainOptions& options) {
  std::optional<Interrupt> interrupt;
  if (options.wait) interrupt.emplace();
  auto client = ControlClient::make(invocation.address(), interrupt ? &*interrupt : nullptr);
  if (!client.ok()) return report(client.error());
  const auto begun = client->drain(options.worker);
  if (!begun.ok() && interrupt && interrupt->signal() != 0) {
    complain("stopped before the coordinator answered; `spinctl workers` shows whether it drains");
    return 128 + interrupt->signal();
  }
  if (!begun.ok()) return judge_absent(*client, options, begun.error());
  const bool is_all = !options.wait;  // one object for machines, at the end
  if (is_all || options.format == render::Format::table)
    print_drained(options.worker, {"draining", begun->running, farewell(options.worker, begun->running)},
                  options.format);
  return is_all ? kDone : wait_for(*client, options, *interrupt, begun->boot_epoch);
}

}  // namespace

void add_drain(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<DrainOptions>();
  auto* verb = app.add_subcommand("drain", "Lets a worker finish what it runs, and leave");
  verb->add_option("WORKER", options->worker, "its name, as `spinctl workers` shows it")->required();
  verb->add_flag("--wait", options->wait, "wait until it is gone");
  add_format(*verb, options->format, nullptr,
             "JSON is one object: worker, state (draining, gone, back), running; default: a sentence");
  verb->footer(
      "\nIt takes no more jobs, delivers its results and ends. To stop it without waiting for its jobs, "
      "send\n"
      "SIGTERM to spin-worker: they save and go on elsewhere from there. The exit code is 0 also where the\n"
      "worker drains already or has gone.\n\nExamples:\n  spinctl drain gpu1\n"
      "  spinctl drain gpu1 --wait && ssh gpu1 reboot");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return drain(invocation, *options); };
  });
}

}  // namespace spin::cli
