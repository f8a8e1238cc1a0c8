#include "server/core/phase.h"

#include <array>
#include <utility>

namespace spin::core {
namespace {

constexpr std::array kInputNames = {"dependency done", "block",         "run",     "lose",   "give back",
                                    "retry",           "back-off over", "give up", "finish", "cancel",
                                    "revive",          "pause",         "resume",  "restart"};
static_assert(kJobStates.size() == std::variant_size_v<JobPhase>);
static_assert(kInputNames.size() == std::variant_size_v<JobInput>);

/// One line a legal pair; the last one stands for all others, and says false.
struct Table {
  JobPhase& phase;

  bool operator()(Waiting& from, DependencyDone&) const { return wait_for(from.unmet - 1); }
  // The result of an attempt that this database never saw, because an older copy of it was put back.
  bool operator()(Waiting&, Finish& input) const { return finish(input); }
  bool operator()(Waiting&, Block& input) const { return go(Blocked{input.obstacle}); }
  bool operator()(Waiting&, Cancel&) const { return go(Cancelled{}); }
  bool operator()(Waiting&, Pause&) const { return go(Paused{}); }

  bool operator()(Ready& from, Run& input) const { return run(input, from.lost.get()); }
  bool operator()(Ready&, Finish& input) const { return finish(input); }
  bool operator()(Ready&, Cancel&) const { return go(Cancelled{}); }
  bool operator()(Ready& from, Pause&) const { return go(Paused{from.lost}); }

  bool operator()(Backoff& from, BackoffOver&) const { return go(Ready{from.wait->lost}); }
  bool operator()(Backoff& from, Run& input) const { return run(input, from.wait->lost.get()); }
  bool operator()(Backoff&, Finish& input) const { return finish(input); }
  bool operator()(Backoff&, Cancel&) const { return go(Cancelled{}); }
  bool operator()(Backoff& from, Pause&) const { return go(Paused{from.wait->lost}); }

  bool operator()(Running& from, Lose&) const { return go(Ready{from.attempt->token}); }
  bool operator()(Running& from, GiveBack&) const { return go(Ready{from.attempt->lost}); }
  bool operator()(Running& from, Retry& input) const { return go(Backoff{input.at, from.attempt->lost}); }
  bool operator()(Running&, GiveUp& input) const { return go(Failed{input.reason}); }
  bool operator()(Running&, Finish& input) const { return finish(input); }
  bool operator()(Running&, Cancel&) const { return go(Cancelled{}); }
  bool operator()(Running& from, Pause&) const { return go(Paused{from.attempt->token}); }

  bool operator()(Failed&, Finish& input) const { return finish(input); }
  bool operator()(Failed&, Revive& input) const { return wait_for(input.unmet); }
  bool operator()(Blocked&, Block& input) const { return go(Blocked{input.obstacle}); }
  bool operator()(Blocked&, Finish& input) const { return finish(input); }
  bool operator()(Blocked&, Cancel&) const { return go(Cancelled{}); }
  bool operator()(Blocked&, Revive& input) const { return wait_for(input.unmet); }
  bool operator()(Cancelled&, Revive& input) const { return wait_for(input.unmet); }

  bool operator()(Paused&, Finish& input) const { return finish(input); }
  bool operator()(Paused&, Cancel&) const { return go(Cancelled{}); }
  bool operator()(Paused&, GiveBack&) const { return go(Paused{}); }
  bool operator()(Paused& from, Resume& input) const {
    return input.unmet > 0 ? go(Waiting{input.unmet}) : go(Ready{from.saving});
  }

  bool operator()(Waiting&, Restart& input) const { return wait_for(input.unmet); }
  bool operator()(Ready&, Restart& input) const { return wait_for(input.unmet); }
  bool operator()(Backoff&, Restart& input) const { return wait_for(input.unmet); }
  bool operator()(Running&, Restart& input) const { return wait_for(input.unmet); }
  bool operator()(Completed&, Restart& input) const { return wait_for(input.unmet); }
  bool operator()(Diverged&, Restart& input) const { return wait_for(input.unmet); }

  template <class From, class Input>
  bool operator()(From&, Input&) const {
    return false;
  }

  /// The old phase ends here: `next` is made before.
  template <class To>
  bool go(To next) const {
    phase.emplace<To>(std::move(next));
    return true;
  }
  bool wait_for(int unmet) const { return unmet > 0 ? go(Waiting{unmet}) : go(Ready{}); }
  bool finish(const Finish& with) const {
    return with.outcome == Outcome::completed ? go(Completed{with.attempt}) : go(Diverged{with.attempt});
  }
  bool run(Run& input, std::optional<AttemptToken> lost) const {
    if (lost != input.attempt->token) input.attempt->lost = lost;
    return go(Running{std::move(input.attempt)});
  }
};

}  // namespace

JobState state_of(const JobPhase& phase) { return static_cast<JobState>(phase.index()); }

std::string reason_of(const JobPhase& phase) {
  if (const auto* failed = std::get_if<Failed>(&phase)) return *failed->reason;
  if (const auto* blocked = std::get_if<Blocked>(&phase)) return blocked->obstacle->reason;
  return {};
}

Status transition(JobPhase& phase, JobInput input) {
  if (std::visit(Table{phase}, phase, input)) return {};
  return Error{
      ErrorCode::failed_precondition,
      "a " + name_of(state_of(phase)) + " job cannot take the input '" + kInputNames[input.index()] + "'"};
}

}  // namespace spin::core
