#pragma once

#include <optional>
#include <string>

#include "server/core/step.h"

namespace spin::core {

// Workers on which everything fails. Five failures in a row, of three different jobs at least, put a worker
// under quarantine: it gets no leases for a while, then one at a time, until one succeeds. What fails there
// meanwhile does not count against a job that another worker can take. Only where others are at work: if no
// worker is left without quarantine, the jobs may as well be at fault, and all quarantines end.

[[nodiscard]] bool is_quarantined(const Core& core, const std::string& worker);
/// An attempt ended in an error of the job, or with its trainer.
void note_failure(Step& step, const std::string& worker, JobKey key, const std::string& message);
void note_success(Core& core, const std::string& worker);
/// Begins and ends probes, and tells the sessions how many jobs they may have. After every event.
void review_quarantines(Step& step);
/// When the next probe may begin.
[[nodiscard]] std::optional<Now> next_probe(const Core& core);

}  // namespace spin::core
