#pragma once

#include <optional>
#include <string>

#include "server/core/step.h"

namespace spin::core {

// Devices on which everything fails. Five failures in a row, of three different jobs at least, put a device
// under quarantine: it gets no leases for a while, then one at a time, until one succeeds. What fails there
// meanwhile does not count against a job that another device can take. Only where others are at work: if no
// device is left without quarantine, the jobs may as well be at fault, and all quarantines end.

/// The device by its name where it is known, or is the only one of its worker.
[[nodiscard]] WorkerDevice worker_device(const Core& core, const std::string& worker,
                                         const std::string& device);
/// "worker w"; "cuda:1 of worker w" where that has several.
[[nodiscard]] std::string title_of(const Core& core, const WorkerDevice& place);

[[nodiscard]] bool is_quarantined(const Core& core, const WorkerDevice& place);
/// An attempt ended in an error of the job, or with its trainer.
void note_failure(Step& step, const WorkerDevice& place, JobKey key, const std::string& message);
void note_success(Core& core, const WorkerDevice& place);
/// Begins and ends probes, and tells the devices how many jobs they may have. After every event.
void review_quarantines(Step& step);
/// When the next probe may begin.
[[nodiscard]] std::optional<Now> next_probe(const Core& core);

}  // namespace spin::core
