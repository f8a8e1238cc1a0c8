#pragma once

#include <optional>
#include <string>
#include <variant>

#include "worker/agent/events.h"
#include "worker/agent/log_batch.h"

namespace spin::agent {

// States of a slot's trainer process.

/// No process; the next job starts one.
struct NoTrainer {
  Now not_before;  ///< back-off after starts that failed
};
struct TrainerStarting {
  Now give_up_at;
};
struct TrainerIdle {};
struct TrainerBusy {};
/// Killed; its exit will be seen.
struct TrainerDying {
  Now not_before;  ///< back-off of the next start
};
using TrainerState = std::variant<NoTrainer, TrainerStarting, TrainerIdle, TrainerBusy, TrainerDying>;

/// One place for a job, with the trainer that serves it.
struct Slot {
  TrainerState trainer;
  std::optional<AttemptToken> attempt;  ///< that holds the slot
  int failed_starts = 0;                ///< in a row
  LogBatch log;
  Now rests_until;        ///< no lease before: the disk had no place for a job
  std::string no_room{};  ///< for what, in words; empty where its jobs found room
  int device = 0;         ///< index in WorkerHello::devices

  /// Whether a lease could be taken now.
  [[nodiscard]] bool is_free(Now now) const {
    if (attempt || now < rests_until || std::holds_alternative<TrainerDying>(trainer)) return false;
    const auto* none = std::get_if<NoTrainer>(&trainer);
    return none == nullptr || now >= none->not_before;
  }
  [[nodiscard]] bool has_process() const { return !std::holds_alternative<NoTrainer>(trainer); }
};

}  // namespace spin::agent
