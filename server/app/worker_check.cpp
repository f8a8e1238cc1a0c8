#include "server/app/worker_check.h"

#include <algorithm>

#include <fmt/format.h>

namespace spin {

CheckRow check_workers(const core::Coordinator& coordinator) {
  const auto workers = coordinator.workers();
  const auto is_hindered = [](const core::AttachedWorker& worker) { return !worker.reason.empty(); };
  const auto first = std::find_if(workers.begin(), workers.end(), is_hindered);
  if (first == workers.end())
    return {.name = "workers",
            .state = CheckState::ok,
            .found = fmt::format("{} attached, nothing hinders them", workers.size()),
            .advice = {}};
  return {.name = "workers",
          .state = CheckState::warning,
          .found = fmt::format("{} of {} attached are hindered, first {}: {}",
                               std::count_if(workers.begin(), workers.end(), is_hindered), workers.size(),
                               first->name, first->reason),
          .advice = "`spinctl workers` says what hinders each of them"};
}

}  // namespace spin
