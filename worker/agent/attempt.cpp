#include "worker/agent/attempt.h"

#include <array>
#include <utility>

namespace spin::agent {
namespace {

constexpr std::size_t kStates = std::variant_size_v<AttemptState>;

// Rows: from; columns: to. Ending an attempt removes it, from whichever state.
constexpr std::array<std::array<bool, kStates>, kStates> kLegal = {{
    //             Preparing Training Pausing Stopping Salvaging Keeping Uploading Reporting
    /* Preparing */ {{false, true, false, false, false, false, true, true}},
    /* Training  */ {{false, false, true, true, true, true, false, true}},
    /* Pausing   */ {{false, false, false, true, true, true, false, true}},
    /* Stopping  */ {{false, false, false, false, false, false, false, true}},
    /* Salvaging */ {{false, false, false, false, false, true, false, true}},
    /* Keeping   */ {{false, false, false, false, false, false, true, true}},
    /* Uploading */ {{false, false, false, false, false, false, false, true}},
    /* Reporting */ {{false, false, false, false, false, false, false, false}},
}};

}  // namespace

Status move_to(Attempt& attempt, AttemptState next) {
  if (!kLegal[attempt.state.index()][next.index()]) {
    return Error{ErrorCode::failed_precondition, "attempt " + token_name(attempt.lease.attempt) + " is " +
                                                     state_name(attempt.state) + " and cannot become " +
                                                     state_name(next)};
  }
  attempt.state = std::move(next);
  return {};
}

Checkpoints* checkpoints_of(Attempt& attempt) {
  if (auto* training = std::get_if<Training>(&attempt.state)) return &training->checkpoints;
  if (auto* pausing = std::get_if<Pausing>(&attempt.state)) return &pausing->checkpoints;
  return nullptr;
}

std::optional<int> slot_of(const Attempt& attempt) {
  if (const auto* preparing = std::get_if<Preparing>(&attempt.state)) return preparing->slot;
  if (const auto* training = std::get_if<Training>(&attempt.state)) return training->slot;
  if (const auto* pausing = std::get_if<Pausing>(&attempt.state)) return pausing->slot;
  if (const auto* stopping = std::get_if<Stopping>(&attempt.state)) return stopping->slot;
  return std::nullopt;
}

std::optional<Now> kill_time(const Attempt& attempt) {
  if (const auto* pausing = std::get_if<Pausing>(&attempt.state)) return pausing->kill_at;
  if (const auto* stopping = std::get_if<Stopping>(&attempt.state)) return stopping->kill_at;
  return std::nullopt;
}

const char* state_name(const AttemptState& state) {
  constexpr std::array<const char*, kStates> names = {"preparing", "training", "pausing",   "stopping",
                                                      "salvaging", "keeping",  "uploading", "reporting"};
  return names[state.index()];
}

std::string token_name(const AttemptToken& token) {
  return std::to_string(token.boot_epoch) + "-" + std::to_string(token.sequence);
}

}  // namespace spin::agent
