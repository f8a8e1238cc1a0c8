#include "client/commands/local_fleet.h"

#include <utility>

#include <fmt/format.h>

namespace spin::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLookInterval{20};
constexpr seconds kStartLimit{60};

ChildProcess::Command coordinator_command(const std::string& program, const FleetSettings& settings) {
  return {{program, "--listen", "unix:" + settings.socket.string(), "--db", settings.database.string(),
           "--artifacts", settings.artifacts.string(), "--exit-with-parent"},
          settings.spind_log};
}

ChildProcess::Command worker_command(const std::string& program, const FleetSettings& settings) {
  ChildProcess::Command command{
      {program, "--connect", "unix:" + settings.socket.string(), "--slots", std::to_string(settings.slots),
       "--threads", std::to_string(settings.threads), "--state", settings.worker_state.string(), "--device",
       settings.device, "--exit-with-parent"},
      settings.worker_log};
  if (!settings.data.empty()) command.words.insert(command.words.end(), {"--data", settings.data});
  return command;
}

}  // namespace

Result<std::unique_ptr<LocalFleet>> LocalFleet::make(const FleetSettings& settings, Interrupt& interrupt,
                                                     std::function<void(const std::string&)> say) {
  SPIN_ASSIGN(const std::string spind, find_program("spind"));
  SPIN_ASSIGN(const std::string worker, find_program("spin-worker"));
  return std::unique_ptr<LocalFleet>(
      new LocalFleet(Supervised("spind", coordinator_command(spind, settings), /*tells_ready=*/true),
                     Supervised("spin-worker", worker_command(worker, settings), /*tells_ready=*/false),
                     interrupt, std::move(say)));
}

LocalFleet::LocalFleet(Supervised coordinator, Supervised worker, Interrupt& interrupt,
                       std::function<void(const std::string&)> say)
    : interrupt_(interrupt),
      say_(std::move(say)),
      coordinator_(std::move(coordinator)),
      worker_(std::move(worker)),
      thread_([this] { tend(); }) {}

LocalFleet::~LocalFleet() { stop(/*at_once=*/true); }

void LocalFleet::enter(Phase phase) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
  changed_.notify_all();
}

Status LocalFleet::start_coordinator() {
  enter(Phase::coordinator);
  const Interrupt::OnStop wake(interrupt_, [this] { changed_.notify_all(); });
  std::unique_lock lock(mutex_);
  const auto deadline = Supervised::Clock::now() + kStartLimit;
  while (!is_serving_ && !interrupt_.stopped() && Supervised::Clock::now() < deadline)
    changed_.wait_for(lock, kLookInterval);
  if (is_serving_) return {};
  if (const auto error = interrupt_.error()) return *error;
  if (interrupt_.stopped()) return Error{ErrorCode::unavailable, "interrupted"};
  return Error{ErrorCode::internal, fmt::format("spind did not serve within {} s", kStartLimit.count())};
}

void LocalFleet::start_worker() { enter(Phase::both); }

void LocalFleet::stop(bool at_once) {
  if (!thread_.joinable()) return;
  enter(at_once ? Phase::stopping_at_once : Phase::stopping);
  thread_.join();
}

void LocalFleet::tend() {
  for (;;) {
    Phase phase = Phase::idle;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kLookInterval, [this] { return phase_ >= Phase::stopping; });
      phase = phase_;
    }
    if (phase >= Phase::stopping) {
      worker_.end(phase == Phase::stopping_at_once);
      coordinator_.end(phase == Phase::stopping_at_once);
      return;
    }
    if (phase >= Phase::coordinator) tend_one(coordinator_);
    if (phase >= Phase::both) tend_one(worker_);
    const std::lock_guard lock(mutex_);
    is_serving_ = coordinator_.is_ready();
    if (is_serving_) changed_.notify_all();
  }
}

void LocalFleet::tend_one(Supervised& daemon) {
  if (has_given_up_) return;
  const auto look = daemon.look(Supervised::Clock::now());
  if (!look.news.empty()) say_(look.news);
  if (!look.given_up) return;
  has_given_up_ = true;
  interrupt_.stop(*look.given_up);
}

}  // namespace spin::cli
