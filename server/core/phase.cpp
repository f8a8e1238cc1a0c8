#include "server/core/phase.h"

#include <array>
#include <utility>

namespace spin::core {
namespace {

constexpr std::array kStateNames = {"waiting",  "ready",  "backoff", "running",  "completed",
                                    "diverged", "failed", "blocked", "cancelled"};
constexpr std::array kInputNames = {"dependency done", "block",   "run",    "lose",   "give back", "retry",
                                    "back-off over",   "give up", "finish", "cancel", "revive"};
static_assert(kStateNames.size() == std::variant_size_v<JobPhase>);
static_assert(kInputNames.size() == std::variant_size_v<JobInput>);
static_assert(static_cast<std::size_t>(JobState::cancelled) + 1 == std::variant_size_v<JobPhase>);

using Next = Result<JobPhase>;

Next go(JobPhase next) { return next; }
Next waiting_for(int unmet) { return unmet > 0 ? go(Waiting{unmet}) : go(Ready{}); }
Next finished(const Finish& with) {
  return with.outcome == Outcome::completed ? go(Completed{with.attempt}) : go(Diverged{with.attempt});
}
Next running(Run& input, std::optional<AttemptToken> lost) {
  if (lost != input.attempt->token) input.attempt->lost = lost;
  return go(Running{std::move(input.attempt)});
}

/// One line a legal pair; the last one stands for all others.
struct Table {
  Next operator()(Waiting& from, DependencyDone&) const { return waiting_for(from.unmet - 1); }
  Next operator()(Waiting&, Block& input) const { return go(Blocked{input.by, input.reason}); }
  Next operator()(Waiting&, Cancel&) const { return go(Cancelled{}); }

  Next operator()(Ready& from, Run& input) const { return running(input, from.lost); }
  Next operator()(Ready&, Finish& input) const { return finished(input); }
  Next operator()(Ready&, Cancel&) const { return go(Cancelled{}); }

  Next operator()(Backoff& from, BackoffOver&) const { return go(Ready{from.lost}); }
  Next operator()(Backoff& from, Run& input) const { return running(input, from.lost); }
  Next operator()(Backoff&, Finish& input) const { return finished(input); }
  Next operator()(Backoff&, Cancel&) const { return go(Cancelled{}); }

  Next operator()(Running& from, Lose&) const { return go(Ready{from.attempt->token}); }
  Next operator()(Running& from, GiveBack&) const { return go(Ready{from.attempt->lost}); }
  Next operator()(Running& from, Retry& input) const { return go(Backoff{input.at, from.attempt->lost}); }
  Next operator()(Running&, GiveUp& input) const { return go(Failed{input.reason}); }
  Next operator()(Running&, Finish& input) const { return finished(input); }
  Next operator()(Running&, Cancel&) const { return go(Cancelled{}); }

  Next operator()(Failed&, Finish& input) const { return finished(input); }
  Next operator()(Failed&, Revive& input) const { return waiting_for(input.unmet); }
  Next operator()(Blocked&, Block& input) const { return go(Blocked{input.by, input.reason}); }
  Next operator()(Blocked&, Cancel&) const { return go(Cancelled{}); }
  Next operator()(Blocked&, Revive& input) const { return waiting_for(input.unmet); }
  Next operator()(Cancelled&, Revive& input) const { return waiting_for(input.unmet); }

  template <class Phase, class Input>
  Next operator()(Phase&, Input&) const {
    return Error{ErrorCode::failed_precondition, "does not fit"};
  }
};

}  // namespace

JobState state_of(const JobPhase& phase) { return static_cast<JobState>(phase.index()); }

std::string reason_of(const JobPhase& phase) {
  if (const auto* failed = std::get_if<Failed>(&phase)) return *failed->reason;
  if (const auto* blocked = std::get_if<Blocked>(&phase)) return *blocked->reason;
  return {};
}

const char* name_of(JobState state) { return kStateNames[static_cast<std::size_t>(state)]; }

Status transition(JobPhase& phase, JobInput input) {
  auto next = std::visit(Table{}, phase, input);
  if (!next.ok())
    return Error{ErrorCode::failed_precondition, std::string("a ") + name_of(state_of(phase)) +
                                                     " job cannot take the input '" +
                                                     kInputNames[input.index()] + "'"};
  phase = std::move(next).value();
  return {};
}

}  // namespace spin::core
