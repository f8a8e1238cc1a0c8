#pragma once

#include "server/core/step.h"

namespace spin::core {

/// What an attached worker said; of a session that is gone, nothing is heard (its worker repeats it).
void worker_said(Step& step, const WorkerSaid& event);
/// What a worker reports of an attempt. Acknowledged in every case, so that no worker repeats it for ever.
void handle_report(Step& step, SessionId session, const SequencedReport& report);
void handle_progress(Step& step, SessionId session, const Progress& progress);

/// Whether a job in this phase has no result yet and may take one, also a late one.
[[nodiscard]] bool takes_result(const JobPhase& phase);
/// An attempt found a result: taken if the job has none, whoever runs it now. Whether it was taken.
bool accept_or_count(Step& step, JobKey key, const AttemptToken& token, const AttemptFinished& finished,
                     const std::string& worker);
/// Precondition: the attempt runs the job.
void handle_failure(Step& step, JobKey key, const AttemptFailed& failed);

/// The attempt ends before its worker has heard of it, who goes on with the next one.
void lease_failed(Step& step, const LeaseFailed& event);

}  // namespace spin::core
