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

/// Whether a device without quarantine is at work.
bool others_work(const Core& core) {
  return std::ranges::any_of(core.workers.all(), [&](const auto& entry) {
    const WorkerHello& hello = entry.second.hello;
    return !entry.second.draining && std::ranges::any_of(hello.devices, [&](const DeviceOffer& offer) {
      return !is_quarantined(core, {hello.name, offer.device});
    });
  });
}

std::optional<int> jobs_allowed(const Core& core, const WorkerDevice& place) {
  const auto found = core.quarantines.find(place);
  if (found == core.quarantines.end()) return std::nullopt;
  return found->second.probing ? 1 : 0;
}

}  // namespace

WorkerDevice worker_device(const Core& core, const std::string& worker, const std::string& device) {
  const Session* session = core.workers.find(worker);
  if (!device.empty() || session == nullptr || session->hello.devices.size() != 1) return {worker, device};
  return {worker, session->hello.devices.front().device};
}

std::string title_of(const Core& core, const WorkerDevice& place) {
  const Session* session = core.workers.find(place.worker);
  const bool is_one_of_several = session != nullptr && session->hello.devices.size() > 1;
  return (is_one_of_several ? place.device + " of " : "") + "worker " + place.worker;
}

bool is_quarantined(const Core& core, const WorkerDevice& place) { return core.quarantines.contains(place); }

void note_failure(Step& step, const WorkerDevice& place, JobKey key, const std::string& message) {
  if (place.device.empty()) return;
  Core& core = step.core;
  const CoordinatorSettings& settings = core.settings;
  Trouble& trouble = core.troubles[place];
  ++trouble.failures;
  trouble.jobs.insert(key);
  const auto found = core.quarantines.find(place);
  if (found == core.quarantines.end()) {
    if (trouble.failures < settings.quarantine_failures || trouble.jobs.size() < settings.quarantine_jobs)
      return;
    Quarantine quarantine = make_quarantine(settings, trouble, message);
    quarantine.until = step.now + std::chrono::milliseconds(quarantine.wait_ms);
    core.quarantines[place] = std::move(quarantine);
  } else if (found->second.probing) {
    Quarantine& quarantine = found->second;
    quarantine.wait_ms = std::min(2 * quarantine.wait_ms, settings.quarantine_limit_ms);
    quarantine.until = step.now + std::chrono::milliseconds(quarantine.wait_ms);
    quarantine.probing = false;
  }
}

void note_success(Core& core, const WorkerDevice& place) {
  core.troubles.erase(place);
  core.quarantines.erase(place);
}

void review_quarantines(Step& step) {
  Core& core = step.core;
  if (!core.quarantines.empty() && !core.workers.all().empty() && !others_work(core)) {
    core.quarantines.clear();
    core.troubles.clear();
  }
  for (auto& [place, quarantine] : core.quarantines)
    quarantine.probing = quarantine.probing || quarantine.until <= step.now;
  if (core.quarantines.empty() && core.limited_devices == 0) return;
  core.limited_devices = 0;
  for (const auto& [id, session] : core.workers.all()) {
    for (std::size_t i = 0; i < session.devices.size(); ++i) {
      const auto allowed = jobs_allowed(core, {session.hello.name, session.hello.devices[i].device});
      if (allowed) ++core.limited_devices;
      if (allowed != session.devices[i].most_jobs) core.workers.limit(id, static_cast<int>(i), allowed);
    }
  }
}

std::optional<Now> next_probe(const Core& core) {
  std::optional<Now> next;
  for (const auto& [place, quarantine] : core.quarantines)
    if (!quarantine.probing && (!next || quarantine.until < *next)) next = quarantine.until;
  return next;
}

}  // namespace spin::core
