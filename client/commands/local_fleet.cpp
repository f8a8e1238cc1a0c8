#include "client/commands/local_fleet.h"

#include <utility>

#include <fmt/format.h>

#include "schema/base/program_path.h"

namespace spin::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLookInterval{20};
constexpr seconds kStartLimit{60};
constexpr seconds kGraceWhenDone{10};
/// For the step in hand and the checkpoints of all slots: beyond what a worker itself allows them.
constexpr seconds kGraceToSave{900};
/// Where nothing is kept, and for a coordinator whose worker has gone.
constexpr seconds kGraceInterrupted{5};

ChildProcess::Command coordinator_command(const std::string& program, const FleetSettings& settings) {
  return {{program, "--listen", "unix:" + settings.socket.string(), "--db", settings.database.string(),
           "--artifacts", settings.artifacts.string(), "--exit-with-parent"},
          settings.spind_log};
}

ChildProcess::Command worker_command(const std::string& program, const FleetSettings& settings) {
  ChildProcess::Command command{
      {program, "--connect", "unix:" + settings.socket.string(), "--slots", std::to_string(settings.slots),
       "--state", settings.worker_state.string(), "--device", settings.device, "--exit-with-parent"},
      settings.worker_log};
  if (settings.threads > 0)
    command.words.insert(command.words.end(), {"--threads", std::to_string(settings.threads)});
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
                     settings.is_kept, interrupt, std::move(say)));
}

LocalFleet::LocalFleet(Supervised coordinator, Supervised worker, bool is_kept, Interrupt& interrupt,
                       std::function<void(const std::string&)> say)
    : is_kept_(is_kept),
      interrupt_(interrupt),
      say_(std::move(say)),
      coordinator_(std::move(coordinator)),
      worker_(std::move(worker)),
      thread_([this] { tend(); }) {}

LocalFleet::~LocalFleet() { stop(/*is_done=*/false); }

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

void LocalFleet::stop(bool is_done) {
  if (!thread_.joinable()) return;
  enter(is_done ? Phase::stopping : Phase::interrupted);
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
    if (phase >= Phase::stopping) return end_both(phase == Phase::stopping);
    if (phase >= Phase::coordinator) tend_one(coordinator_);
    if (phase >= Phase::both) tend_one(worker_);
    const std::lock_guard lock(mutex_);
    is_serving_ = coordinator_.is_ready();
    if (is_serving_) changed_.notify_all();
  }
}

void LocalFleet::end_both(bool is_done) {
  const auto is_hurried = [this] { return interrupt_.came_again(); };
  const auto to_save = is_kept_ ? kGraceToSave : kGraceInterrupted;
  worker_.end(is_done ? kGraceWhenDone : to_save, is_hurried);
  coordinator_.end(is_done ? kGraceWhenDone : kGraceInterrupted, [] { return false; });
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
