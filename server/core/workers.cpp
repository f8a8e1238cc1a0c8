#include "server/core/workers.h"

#include <algorithm>
#include <utility>

namespace spin::core {
namespace {

std::size_t index(int device) { return static_cast<std::size_t>(device); }

/// The session's account of the memory that the attempt has, `sign` times.
void count(Session& session, const Use& use, int sign) {
  if (use.device != kNoDevice) session.devices[index(use.device)].memory_given += sign * use.memory_bytes;
}

void count_busy(Session& session, const Use& use, int sign) {
  if (use.device != kNoDevice) session.devices[index(use.device)].busy += sign;
  count(session, use, sign);
}

void release_job(Session& session, JobKey job) {
  const auto found = session.busy.find(job);
  if (found == session.busy.end()) return;
  count_busy(session, found->second, -1);
  session.busy.erase(found);
}

void add_to_ending(Session& session, const AttemptToken& token, const Use& use) {
  if (session.ending.emplace(token, use).second) count(session, use, 1);
}

}  // namespace

int find_device(const WorkerHello& worker, const std::string& device) {
  for (std::size_t i = 0; i < worker.devices.size(); ++i)
    if (worker.devices[i].device == device) return static_cast<int>(i);
  return kNoDevice;
}

int Session::device_of(const HeldAttempt& held) const {
  return held.devices.empty() ? kNoDevice : find_device(hello, held.devices.front());
}

int Session::room(int device) const {
  if (draining || silent) return 0;
  const DeviceState& state = devices[index(device)];
  const int room = std::min(state.credits, hello.slots - state.busy);
  return std::max(0, state.most_jobs ? std::min(room, *state.most_jobs - state.busy) : room);
}

bool Session::has_room() const {
  for (std::size_t i = 0; i < devices.size(); ++i)
    if (room(static_cast<int>(i)) > 0) return true;
  return false;
}

bool Session::holds(int device, std::int64_t bytes) const {
  const std::int64_t memory = hello.devices[index(device)].memory_bytes;
  return memory == 0 || bytes <= memory - devices[index(device)].memory_given;
}

std::int64_t Session::memory_used() const {
  std::int64_t used = 0;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const std::int64_t given = devices[i].memory_given, memory = hello.devices[i].memory_bytes;
    used += memory == 0 ? given : std::min(given, memory);
  }
  return used;
}

bool Workers::add(SessionId id, const WorkerHello& hello, Now now) {
  Session session;
  session.id = id;
  session.hello = hello;
  session.heard = now;
  session.hello.held.clear();
  session.devices.resize(hello.devices.size());
  const auto absent = absent_.extract(hello.name);
  if (!absent.empty()) restore(session, absent.mapped(), hello.held);
  by_name_[hello.name] = id;
  sessions_.emplace(id, std::move(session));
  return !absent.empty();
}

/// Another process of the name has nothing of the one before but its outbox.
void Workers::restore(Session& session, const Absent& absent, const std::vector<HeldAttempt>& held) {
  if (absent.instance != session.hello.instance) return;
  session.draining = session.drain_asked = absent.drain_asked;
  for (const HeldAttempt& one : held) {
    const auto found = absent.ending.find(one.attempt);
    if (found != absent.ending.end())
      add_to_ending(session, one.attempt, {session.device_of(one), found->second.memory_bytes});
  }
}

void Workers::remove(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& gone = found->second;
  by_name_.erase(gone.hello.name);
  open_.erase(id);
  if (gone.drain_asked || !gone.ending.empty())
    absent_[gone.hello.name] = {gone.hello.instance, gone.drain_asked, std::move(gone.ending)};
  sessions_.erase(found);
}

const Session* Workers::find(SessionId id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

const Session* Workers::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : find(found->second);
}

const Session* Workers::find_ending(const AttemptToken& token) const {
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const auto& entry) { return entry.second.ending.contains(token); });
  return found == sessions_.end() ? nullptr : &found->second;
}

template <class Change>
void Workers::change(SessionId id, const Change& change) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  change(found->second);
  changed_ = true;
  if (found->second.has_room())
    open_.insert(id);
  else
    open_.erase(id);
}

void Workers::heard(SessionId id, Now now) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  found->second.heard = now;
  if (found->second.silent) change(id, [](Session& session) { session.silent = false; });
}
void Workers::fell_silent(SessionId id) {
  change(id, [](Session& session) { session.silent = true; });
}
void Workers::hindered(SessionId id, const std::string& problem) {
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) found->second.problem = problem;
}
void Workers::set_credits(SessionId id, const std::vector<int>& free) {
  change(id, [&](Session& session) {
    for (std::size_t i = 0; i < free.size(); ++i) session.devices[i].credits = std::max(0, free[i]);
    for (auto& [token, use] : session.ending) {
      if (use.device == kNoDevice) continue;
      DeviceState& device = session.devices[index(use.device)];
      if (session.hello.slots - device.credits > device.busy) continue;
      device.memory_given -= std::exchange(use.memory_bytes, 0);
    }
  });
}
void Workers::take_credit(SessionId id, int device) {
  change(id, [&](Session& session) { --session.devices[index(device)].credits; });
}
void Workers::give_credit(SessionId id, int device) {
  change(id, [&](Session& session) { ++session.devices[index(device)].credits; });
}
void Workers::take_all_credits(SessionId id) {
  change(id, [](Session& session) {
    for (DeviceState& device : session.devices) device.credits = 0;
  });
}
void Workers::ask_to_drain(SessionId id) {
  change(id, [](Session& session) { session.draining = session.drain_asked = true; });
}
void Workers::drains(SessionId id) {
  change(id, [](Session& session) {
    session.draining = true;
    session.drain_asked = false;
  });
}
void Workers::limit(SessionId id, int device, std::optional<int> most_jobs) {
  change(id, [&](Session& session) { session.devices[index(device)].most_jobs = most_jobs; });
}
void Workers::occupy(SessionId id, JobKey job, const Use& use) {
  change(id, [&](Session& session) {
    release_job(session, job);
    session.busy[job] = use;
    count_busy(session, use, 1);
  });
}
void Workers::release(SessionId id, JobKey job) {
  change(id, [&](Session& session) { release_job(session, job); });
}
void Workers::add_ending(SessionId id, const AttemptToken& token, const Use& use) {
  change(id, [&](Session& session) { add_to_ending(session, token, use); });
}
void Workers::ended(SessionId id, const AttemptToken& token) {
  const Session* session = find(id);
  if (session == nullptr || !session->ending.contains(token)) return;
  change(id, [&](Session& changed) { count(changed, changed.ending.extract(token).mapped(), -1); });
}
void Workers::keep_ending(SessionId id, const std::vector<HeldAttempt>& running) {
  const Session* session = find(id);
  if (session == nullptr || session->ending.empty()) return;
  change(id, [&](Session& changed) {
    for (auto& [token, use] : std::exchange(changed.ending, {})) {
      count(changed, use, -1);
      const auto held = std::find_if(running.begin(), running.end(),
                                     [&](const HeldAttempt& one) { return one.attempt == token; });
      if (held != running.end()) add_to_ending(changed, token, {changed.device_of(*held), use.memory_bytes});
    }
  });
}
void Workers::used_dataset(SessionId id, int device, const std::string& dataset) {
  change(id, [&](Session& session) { session.devices[index(device)].dataset = dataset; });
}

}  // namespace spin::core
