#include "server/core/scheduler.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "schema/base/device.h"
#include "schema/job/hints.h"

namespace spin::core {
namespace {

/// What a worker must be and have.
struct Demand {
  const Requirements* asked;  ///< null: of no sweep
  std::int64_t memory_bytes;
};

Demand demand_of(const Core& core, const ReadyQueue::Place& place) {
  const Sweep* sweep = core.catalogue.find_sweep(place.sweep);
  return {sweep == nullptr ? nullptr : &sweep->requirements, memory_needed(core, sweep, place.needs)};
}

bool is_device(Device::Kind asked, const std::string& device) {
  const auto parsed = parse_device(device);
  return parsed.ok() && parsed->kind == asked;
}

/// Whether the device of the worker is of the kind that the sweep asks for.
bool is_of_kind(const Demand& demand, const WorkerHello& worker, const DeviceOffer& offer) {
  if (demand.asked == nullptr) return true;
  if (demand.asked->device && !is_device(*demand.asked->device, offer.device)) return false;
  const auto& labels = demand.asked->labels;
  return std::all_of(labels.begin(), labels.end(), [&](const std::string& label) {
    return std::find(worker.labels.begin(), worker.labels.end(), label) != worker.labels.end();
  });
}

/// All of its memory, whoever has it now.
bool has_memory(const DeviceOffer& offer, const Demand& demand) {
  return offer.memory_bytes == 0 || offer.memory_bytes >= demand.memory_bytes;
}

/// Whether the device is of the kind and has the memory free.
bool can_take(const Session& session, int device, const Demand& demand) {
  return session.holds(device, demand.memory_bytes) &&
         is_of_kind(demand, session.hello, session.hello.devices[static_cast<std::size_t>(device)]);
}

/// Of memory, rounded up: in MiB below a GiB.
std::string memory_text(std::int64_t bytes) {
  constexpr std::int64_t kMebibyte = std::int64_t{1} << 20, kGibibyte = std::int64_t{1} << 30;
  const std::int64_t mebibytes = (bytes + kMebibyte - 1) / kMebibyte;
  if (mebibytes < kGibibyte / kMebibyte) return std::to_string(mebibytes) + " MiB";
  const std::int64_t tenths = (bytes * 10 + kGibibyte - 1) / kGibibyte;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

std::string text_of(const Demand& demand) {
  std::string text = memory_text(demand.memory_bytes) + " of memory";
  if (demand.asked == nullptr) return text;
  if (demand.asked->device) (text += ", device ") += to_string(*demand.asked->device);
  for (const std::string& label : demand.asked->labels) text += ", label " + label;
  return text;
}

/// A job says more of a device under quarantine if it has not failed there yet: that one, if there is one.
JobKey choose_probe(const Core& core, const Session& session, int device, JobKey first) {
  const auto& name = session.hello.devices[static_cast<std::size_t>(device)].device;
  const auto trouble = core.troubles.find({session.hello.name, name});
  if (trouble == core.troubles.end() || !trouble->second.jobs.contains(first)) return first;
  const auto other = core.ready.find_but(trouble->second.jobs, [&](const ReadyQueue::Place& place, JobKey) {
    return can_take(session, device, demand_of(core, place));
  });
  return other.value_or(first);
}

/// While a disk is full the app may hear no worker, and does not let the time pass for their leases: whoever
/// could not be heard has a whole lease to come back before its job could be given to another.
void renew_leases(Step& step) {
  for (const auto& [token, key] : step.core.attempts) {
    const Attempt* attempt = running_attempt(step.core.catalogue.at(key));
    if (attempt != nullptr && attempt->token == token) renew_lease(step, key);
  }
}

}  // namespace

std::optional<Target> find_device_for(const Core& core, const ReadyQueue::Place& place, JobKey key) {
  const Demand demand = demand_of(core, place);
  const auto failed = core.last_failed_on.find(key);
  const std::string& dataset = core.needs.at(place.needs).dataset;
  std::optional<Target> best;
  std::tuple<bool, int, bool> best_rank;
  for (const SessionId id : core.workers.open()) {
    const Session& session = *core.workers.find(id);
    for (int device = 0; device < static_cast<int>(session.devices.size()); ++device) {
      const int room = session.room(device);
      if (room == 0 || !can_take(session, device, demand)) continue;
      const auto& name = session.hello.devices[static_cast<std::size_t>(device)].device;
      const bool is_fresh =
          failed == core.last_failed_on.end() || failed->second != WorkerDevice{session.hello.name, name};
      const bool has_data = session.devices[static_cast<std::size_t>(device)].dataset == dataset;
      const std::tuple rank{is_fresh, room, has_data};
      if (best && rank <= best_rank) continue;
      best = {id, device};
      best_rank = rank;
    }
  }
  return best;
}

bool others_can_take(const Core& core, JobKey key, const WorkerDevice& place, Others others) {
  const Demand demand = demand_of(core, place_of(core, key));
  return std::ranges::any_of(core.workers.all(), [&](const auto& entry) {
    const Session& session = entry.second;
    const bool is_same = session.hello.name == place.worker;
    if (session.draining || (is_same && others == Others::workers)) return false;
    for (std::size_t i = 0; i < session.devices.size(); ++i) {
      const DeviceOffer& offer = session.hello.devices[i];
      if (!session.devices[i].most_jobs && !(is_same && offer.device == place.device) &&
          has_memory(offer, demand) && is_of_kind(demand, session.hello, offer))
        return true;
    }
    return false;
  });
}

void schedule(Step& step) {
  Core& core = step.core;
  if (core.hold) return;
  // Both are asked, so that neither is left over.
  const bool more_jobs = core.ready.take_changed();
  const bool more_room = core.workers.take_changed();
  if (!more_jobs && !more_room) return;
  while (!core.workers.open().empty()) {
    std::optional<Target> target;
    const auto key = core.ready.find([&](const ReadyQueue::Place& place, JobKey first) {
      target = find_device_for(core, place, first);
      return target.has_value();
    });
    if (!key) return;
    const Session& worker = *core.workers.find(target->session);
    const bool is_probe = worker.devices[static_cast<std::size_t>(target->device)].most_jobs.has_value();
    grant(step, is_probe ? choose_probe(core, worker, target->device, *key) : *key, *target);
  }
}

void hold_leases(Step& step, const HoldLeases& event) {
  renew_leases(step);
  step.core.hold = event.hold ? std::optional(event.reason) : std::nullopt;
  if (event.hold) return;
  for (const auto& [key, lines] : std::exchange(step.core.lines_left_out, {}))
    step.effects.changes.emplace_back(
        AppendLog{key,
                  {"spin: " + std::to_string(lines) + (lines == 1 ? " line is" : " lines are") +
                   " left out here, because a disk of the coordinator was nearly full"}});
}

std::string why_not_running(const Core& core, const ReadyQueue::Place& place) {
  if (core.hold) return "no leases are granted now: " + *core.hold;
  if (core.workers.all().empty()) return kNoWorkerHint;
  const Demand demand = demand_of(core, place);
  std::int64_t largest = -1;
  bool is_kept_from_it = false;
  for (const auto& [id, session] : core.workers.all()) {
    for (std::size_t i = 0; i < session.devices.size(); ++i) {
      const DeviceOffer& offer = session.hello.devices[i];
      if (!is_of_kind(demand, session.hello, offer)) continue;
      const bool suffices = has_memory(offer, demand);
      if (suffices && !session.draining && !session.devices[i].most_jobs) return {};
      is_kept_from_it = is_kept_from_it || suffices;
      largest = std::max(largest, offer.memory_bytes);
    }
  }
  if (is_kept_from_it) return "the workers that could take it are draining or quarantined";
  return "no worker attached can take it: it needs " + text_of(demand) +
         (largest < 0 ? "; none is of that kind" : "; the largest of that kind has " + memory_text(largest));
}

}  // namespace spin::core
