#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "worker/agent/events.h"

namespace spin::agent {

// States of an attempt on this worker. The first four hold a slot.

/// One that the trainer has written. Two may be of one epoch, so the trainer's are counted.
struct Checkpoint {
  int number = 0;  ///< from 1; 0 = none
  int epoch = 0;
};
struct Checkpoints {
  Now upload_at;                      ///< none is uploaded before
  std::optional<Checkpoint> storing;  ///< is being uploaded
  Checkpoint written;                 ///< the newest in the scratch folder
  Checkpoint stored;                  ///< the newest at the coordinator
};

/// Inputs are on their way, or the trainer is not warm yet.
struct Preparing {
  int slot = 0;
  InputFiles inputs;  ///< that were fetched
};
struct Training {
  int slot = 0;
  Checkpoints checkpoints;
};
/// Its trainer has been told to save and stop: the job is paused, or the worker stops.
struct Pausing {
  int slot = 0;
  Checkpoints checkpoints;
  AttemptFailed failure;  ///< that the attempt ends with
  Now kill_at;
};
/// No longer wanted; the trainer has been told.
struct Stopping {
  int slot = 0;
  Now kill_at;
};
/// It trains no longer; the last checkpoint is uploaded before that is reported.
struct Salvaging {
  AttemptFailed failure;
  int epoch = 0;
  Now give_up_at;
};
/// Done, or ended as the worker stops; what it leaves behind is being put where it outlives this process.
struct Keeping {
  std::variant<JobResult, AttemptFailed> end;
  std::set<ArtifactKind> missing;  ///< that are not kept yet
  std::vector<ArtifactRef> kept{};
};
/// The last report is in the outbox; it is sent once the artifacts that it names are at the coordinator.
struct Uploading {
  std::uint64_t sequence = 0;
  std::set<ArtifactKind> missing;        ///< that are not there yet
  std::optional<AttemptFailed> without;  ///< what is reported where a checkpoint cannot be had any more
};
/// The last report waits for its acknowledgement.
struct Reporting {
  std::uint64_t sequence = 0;
};
using AttemptState =
    std::variant<Preparing, Training, Pausing, Stopping, Salvaging, Keeping, Uploading, Reporting>;

struct Attempt {
  LeasedJob lease;
  AttemptState state;
};

/// The only way from one state to another; failed_precondition names an illegal pair.
Status move_to(Attempt& attempt, AttemptState next);
/// Of an attempt whose trainer still works on it; null of others.
Checkpoints* checkpoints_of(Attempt& attempt);
/// Slot that the attempt holds.
std::optional<int> slot_of(const Attempt& attempt);
/// When the trainer of an attempt that is to stop is killed.
std::optional<Now> kill_time(const Attempt& attempt);
/// "preparing", ..., for messages.
const char* state_name(const AttemptState& state);
/// "3-17": boot epoch and sequence; names the attempt's scratch folder.
std::string token_name(const AttemptToken& token);

}  // namespace spin::agent
