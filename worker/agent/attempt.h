#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "worker/agent/events.h"

namespace spin::agent {

// States of an attempt on this worker. The first three hold a slot.

/// Inputs are on their way, or the trainer is not warm yet.
struct Preparing {
  int slot = 0;
  std::optional<std::string> resume, init;  ///< paths, once fetched
};
struct Training {
  int slot = 0;
  Now checkpoint_at;           ///< no upload of a checkpoint before
  std::optional<int> storing;  ///< epoch of the checkpoint that is being uploaded
  int written = 0;             ///< epoch of the newest checkpoint in the scratch folder; 0 = none
  int stored = 0;              ///< epoch of the newest one at the coordinator
};
/// No longer wanted; the trainer has been told.
struct Stopping {
  int slot = 0;
  Now kill_at;
};
/// Its trainer died; the last checkpoint is uploaded before that is reported.
struct Salvaging {
  AttemptFailed failure;
  int epoch = 0;
  Now give_up_at;
};
/// Trained; the model is being put where it outlives this process.
struct Keeping {
  JobResult result;
};
/// The result is in the outbox; it is sent once its model is at the coordinator.
struct Uploading {
  std::uint64_t sequence = 0;
};
/// The last report waits for its acknowledgement.
struct Reporting {
  std::uint64_t sequence = 0;
};
using AttemptState = std::variant<Preparing, Training, Stopping, Salvaging, Keeping, Uploading, Reporting>;

struct Attempt {
  Lease lease;
  AttemptState state;
};

/// The only way from one state to another; failed_precondition names an illegal pair.
Status move_to(Attempt& attempt, AttemptState next);
/// Slot that the attempt holds.
std::optional<int> slot_of(const Attempt& attempt);
/// "preparing", ..., for messages.
const char* state_name(const AttemptState& state);
/// "3-17": boot epoch and sequence; names the attempt's scratch folder.
std::string token_name(const AttemptToken& token);

}  // namespace spin::agent
