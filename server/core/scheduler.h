#pragma once

#include <optional>
#include <string>

#include "server/core/leases.h"

namespace spin::core {

/// Grants leases while a worker can take a ready job: the first job in the queue's order that any can take,
/// but to a worker under quarantine the first that has not failed there, where there is one.
/// Does nothing where neither a job nor room came in since it last found nothing. Else it looks, for each
/// lease and once more, at the first job of every class and at every worker with room.
void schedule(Step& step);
/// From now on no lease is granted, or leases are granted again.
void hold_leases(Step& step, const HoldLeases& event);

/// The device for a job of this class: of those that fulfil what its sweep asks for and have the memory one
/// on which it has not failed last, with the most room, that had its data set last.
[[nodiscard]] std::optional<Target> find_device_for(const Core& core, const ReadyQueue::Place& place,
                                                    JobKey key);

enum class Others { devices, workers };
/// Whether a device other than this one, or one of another worker, is attached that is of the kind for the
/// job and has the memory, is not under quarantine and of no worker that drains.
[[nodiscard]] bool others_can_take(const Core& core, JobKey key, const WorkerDevice& place, Others others);

/// Why ready jobs of this class do not run though workers may be free, for people; empty where one only has
/// to become free.
[[nodiscard]] std::string why_not_running(const Core& core, const ReadyQueue::Place& place);

}  // namespace spin::core
