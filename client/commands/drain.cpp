#include <algorithm>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/follow.h"
#include "client/commands/verbs.h"
#include "client/render/numbers.h"

namespace spin::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{500};
/// How long workers take at most to find a coordinator that was started again.
constexpr std::chrono::seconds kReattachLimit{15};

struct DrainOptions {
  std::string worker;
  bool wait = false;
};

/// Waits until the worker is gone, also where the coordinator restarts meanwhile, and says how it stands as
/// that changes.
class Departure {
 public:
  Departure(ControlClient& client, std::string worker, const Interrupt& interrupt)
      : client_(client), worker_(std::move(worker)), interrupt_(interrupt) {}

  /// The exit code; none of a signal.
  Result<int> wait() {
    bool has_drained = false;
    for (int told = -1;;) {
      SPIN_ASSIGN(const auto rows, listing());
      const auto row =
          std::find_if(rows.begin(), rows.end(), [&](const auto& entry) { return entry.name == worker_; });
      const std::string state = row == rows.end() ? "offline" : row->state;
      if (state == "offline" && !is_just_back()) return say("is gone");
      if (state == "online" && coordinator_away_at_) {
        // A coordinator that was started again does not know what was asked of the worker.
        SPIN_ASSIGN([[maybe_unused]] const int running, client_.drain(worker_));
        coordinator_away_at_.reset();
        continue;
      }
      // Who started it anew under its name finds it at work.
      if (has_drained && state == "online") return say("has gone, and is attached again");
      has_drained = has_drained || state == "draining";
      const int busy = row == rows.end() ? 0 : row->busy;
      if (busy != told) complain(fmt::format("{}: {} to go", worker_, render::counted(busy, "job")));
      told = busy;
      if (interrupt_.wait_for(kPause)) return Error{ErrorCode::unavailable, "interrupted"};
    }
  }

 private:
  Result<std::vector<WorkerRow>> listing() {
    return with_patience(interrupt_, [this] {
      auto rows = client_.workers();
      if (!rows.ok()) coordinator_away_at_ = Clock::now();
      return rows;
    });
  }
  /// The coordinator, which may show the worker as offline until that has found it again.
  [[nodiscard]] bool is_just_back() const {
    return coordinator_away_at_ && Clock::now() - *coordinator_away_at_ < kReattachLimit;
  }
  int say(const char* what) const {
    std::cout << fmt::format("{} {}\n", worker_, what);
    return kDone;
  }

  ControlClient& client_;
  const std::string worker_;
  const Interrupt& interrupt_;
  std::optional<Clock::time_point> coordinator_away_at_;  ///< since the worker was last asked
};

int wait_for(ControlClient& client, const std::string& worker, const Interrupt& interrupt) {
  const auto code = Departure(client, worker, interrupt).wait();
  if (code.ok()) return *code;
  if (interrupt.signal() == 0) return report(code.error());
  complain(fmt::format("stopped waiting; {} still leaves once its jobs are done", worker));
  return 128 + interrupt.signal();
}

int drain(const Invocation& invocation, const DrainOptions& options) {
  std::optional<Interrupt> interrupt;
  if (options.wait) interrupt.emplace();
  auto client = ControlClient::make(invocation.address(), interrupt ? &*interrupt : nullptr);
  if (!client.ok()) return report(client.error());
  const auto running = client->drain(options.worker);
  if (!running.ok() && interrupt && interrupt->signal() != 0) {
    complain("stopped before the coordinator answered; `spinctl workers` shows whether it drains");
    return 128 + interrupt->signal();
  }
  if (!running.ok()) return report(running.error());
  std::cout << (*running == 0 ? fmt::format("{} leaves; nothing runs on it\n", options.worker)
                              : fmt::format("{} takes no more jobs and leaves after the {} that it runs\n",
                                            options.worker, render::counted(*running, "job")))
            << std::flush;
  return options.wait ? wait_for(*client, options.worker, *interrupt) : kDone;
}

}  // namespace

void add_drain(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<DrainOptions>();
  auto* verb = app.add_subcommand("drain", "Lets a worker finish what it runs, and leave");
  verb->add_option("WORKER", options->worker, "its name, as `spinctl workers` shows it")->required();
  verb->add_flag("--wait", options->wait, "wait until it is gone");
  verb->footer(
      "\nIt takes no more jobs, delivers its results and ends. To stop it without waiting for its jobs, "
      "kill\n"
      "spin-worker: they go on elsewhere from their last checkpoint.\n\nExamples:\n  spinctl drain gpu1\n"
      "  spinctl drain gpu1 --wait && ssh gpu1 reboot");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return drain(invocation, *options); };
  });
}

}  // namespace spin::cli
