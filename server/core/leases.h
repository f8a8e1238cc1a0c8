#pragma once

#include <string>

#include "server/core/step.h"

namespace spin::core {

/// Hands a ready job to a worker with room.
void grant(Step& step, JobKey key, SessionId session);
/// The running attempt is counted as lost and the job is ready again; losing workers never condemns a job.
void lose(Step& step, JobKey key, const std::string& why);
/// Leases that ended and back-offs that are over.
void time_passed(Step& step);

/// Hears of an attempt that a connected worker runs now: renews its lease and binds it to the session, or
/// takes it back where it had been lost and nobody else runs its job. False where the attempt is no longer
/// wanted.
bool renew_attempt(Step& step, SessionId session, const AttemptToken& token);

}  // namespace spin::core
