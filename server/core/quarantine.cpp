#include "server/core/quarantine.h"

#include <algorithm>

#include "schema/base/text.h"

namespace spin::core {
namespace {

constexpr std::size_t kMaxReasonBytes = 200;

Quarantine make_quarantine(const CoordinatorSettings& settings, const Trouble& trouble,
                           const std::string& message) {
  return {.until = {},
          .wait_ms = settings.quarantine_first_ms,
          .probing = false,
          .reason = "the last " + std::to_string(trouble.failures) +
                    " attempts failed, the last one with: " + shortened(message, kMaxReasonBytes)};
}

/// Whether a worker without quarantine is at work.
bool others_work(const Core& core) {
  const auto& all = core.workers.all();
  return std::any_of(all.begin(), all.end(), [&](const auto& entry) {
    return !entry.second.draining && !is_quarantined(core, entry.second.hello.name);
  });
}

std::optional<int> jobs_allowed(const Core& core, const std::string& worker) {
  const auto found = core.quarantines.find(worker);
  if (found == core.quarantines.end()) return std::nullopt;
  return found->second.probing ? 1 : 0;
}

}  // namespace

bool is_quarantined(const Core& core, const std::string& worker) { return core.quarantines.contains(worker); }

void note_failure(Step& step, const std::string& worker, JobKey key, const std::string& message) {
  Core& core = step.core;
  const CoordinatorSettings& settings = core.settings;
  Trouble& trouble = core.troubles[worker];
  ++trouble.failures;
  trouble.jobs.insert(key);
  const auto found = core.quarantines.find(worker);
  if (found == core.quarantines.end()) {
    if (trouble.failures < settings.quarantine_failures || trouble.jobs.size() < settings.quarantine_jobs)
      return;
    Quarantine quarantine = make_quarantine(settings, trouble, message);
    quarantine.until = step.now + std::chrono::milliseconds(quarantine.wait_ms);
    core.quarantines[worker] = std::move(quarantine);
  } else if (found->second.probing) {
    Quarantine& quarantine = found->second;
    quarantine.wait_ms = std::min(2 * quarantine.wait_ms, settings.quarantine_limit_ms);
    quarantine.until = step.now + std::chrono::milliseconds(quarantine.wait_ms);
    quarantine.probing = false;
  }
}

void note_success(Core& core, const std::string& worker) {
  core.troubles.erase(worker);
  core.quarantines.erase(worker);
}

void review_quarantines(Step& step) {
  Core& core = step.core;
  if (!core.quarantines.empty() && !core.workers.all().empty() && !others_work(core)) {
    core.quarantines.clear();
    core.troubles.clear();
  }
  for (auto& [worker, quarantine] : core.quarantines)
    quarantine.probing = quarantine.probing || quarantine.until <= step.now;
  if (core.quarantines.empty() && core.limited_sessions == 0) return;
  core.limited_sessions = 0;
  for (const auto& [id, session] : core.workers.all()) {
    const auto allowed = jobs_allowed(core, session.hello.name);
    if (allowed) ++core.limited_sessions;
    if (allowed != session.most_jobs) core.workers.limit(id, allowed);
  }
}

std::optional<Now> next_probe(const Core& core) {
  std::optional<Now> next;
  for (const auto& [worker, quarantine] : core.quarantines)
    if (!quarantine.probing && (!next || quarantine.until < *next)) next = quarantine.until;
  return next;
}

}  // namespace spin::core
