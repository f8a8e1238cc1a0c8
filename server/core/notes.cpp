#include "server/core/notes.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "server/core/dependencies.h"
#include "server/core/scheduler.h"
#include "server/core/status.h"
#include "server/core/unreached.h"

namespace spin::core {
namespace {

std::vector<JobKey> keys_of(const Core& core, std::span<const JobRow> rows) {
  std::vector<JobKey> keys;
  for (const JobRow& row : rows)
    if (const auto key = core.catalogue.find(row.id)) keys.push_back(*key);
  return keys;
}

/// Adds to the rows of one listing.
class Notes {
 public:
  Notes(const Core& core, std::span<const JobRow> rows, Now now)
      : core_(core), now_(now), unreached_(core, keys_of(core, rows)) {}

  void add(JobRow& row) {
    const auto key = core_.catalogue.find(row.id);
    if (!key) return;
    const Job& job = core_.catalogue.at(*key);
    row.share_done = share_of(core_, *key);
    if (row.state != state_of(job.phase)) return;  // it has gone on meanwhile
    if (auto outlook = unreached_.outlook(*key); outlook.state != row.state) {
      row.state = outlook.state;
      row.reason = std::move(outlook.reason);
    }
    if (row.state == JobState::backoff) {
      const auto& wait = *std::get<Backoff>(job.phase).wait;
      const auto left = std::chrono::ceil<std::chrono::seconds>(wait.until - now_).count();
      row.reason = "again in " + std::to_string(std::max<std::int64_t>(0, left)) + " s: " + row.reason;
    } else if (row.state == JobState::waiting) {
      const int unmet = view_dependencies(core_.catalogue, job).unmet;
      row.reason = unmet == 1 ? "a job that it depends on is not done"
                              : std::to_string(unmet) + " jobs that it depends on are not done";
    } else if (row.state == JobState::ready) {
      row.reason = why_waiting(place_of(core_, *key));
    }
  }

 private:
  /// Why a job that is ready does not run: the same for all of its class.
  const std::string& why_waiting(const ReadyQueue::Place& place) {
    const auto [known, is_new] = why_waiting_.try_emplace(place);
    if (!is_new) return known->second;
    known->second = why_not_running(core_, place);
    if (!known->second.empty()) return known->second;
    const auto first = core_.ready.first_priority();
    known->second =
        first && *first > place.priority ? "jobs of a higher priority go first" : "until a worker is free";
    return known->second;
  }

  const Core& core_;
  const Now now_;
  const Unreached unreached_;
  std::map<ReadyQueue::Place, std::string> why_waiting_;
};

}  // namespace

void annotate(const Core& core, std::span<JobRow> rows, Now now) {
  Notes notes(core, rows, now);
  for (JobRow& row : rows) notes.add(row);
}

}  // namespace spin::core
