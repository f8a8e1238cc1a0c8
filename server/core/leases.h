#pragma once

#include <optional>
#include <string>

#include "server/core/step.h"

namespace spin::core {

/// A device of an attached worker.
struct Target {
  SessionId session;
  int device = 0;  ///< index in its devices
};

/// Hands a ready job to a worker, for a device of it with room.
void grant(Step& step, JobKey key, const Target& target);
/// The running attempt is counted as lost and the job is ready again; losing workers never condemns a job.
void lose(Step& step, JobKey key, const std::string& why);
/// Leases that ended and back-offs that are over.
void time_passed(Step& step);

/// Hears of an attempt that a connected worker runs now: renews its lease and binds it to the session, or
/// takes it back where it had been lost and nobody else runs its job. False where the attempt is no longer
/// wanted. `device`: on which the worker says that it is, kNoDevice where on none; without it the attempt is
/// where it was.
bool renew_attempt(Step& step, SessionId session, const AttemptToken& token, std::optional<int> device = {});

}  // namespace spin::core
