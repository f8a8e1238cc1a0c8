#pragma once

#include <vector>

#include "server/core/step.h"

namespace spin::core {

void attach(Step& step, const WorkerAttached& event);
/// The worker's attempts run on under their leases, until it comes back or the leases end.
void detach(Step& step, SessionId session);
/// Detaches the worker, and its connection is ended with the error.
void close_session(Step& step, SessionId session, Error error);
/// The worker is to finish what it runs and gets nothing more; not_found names those that are attached.
void drain(Step& step, const DrainRequested& event);
/// Keeps the attempts that are wanted, and has the others stopped.
void reconcile(Step& step, SessionId session, const std::vector<HeldAttempt>& running);

}  // namespace spin::core
