#include "server/core/workers.h"

#include <algorithm>

namespace spin::core {

int Session::room() const {
  if (draining || silent) return 0;
  const int slots = most_jobs ? std::min(*most_jobs, hello.slots) : hello.slots;
  return std::max(0, std::min(credits, slots - static_cast<int>(busy.size())));
}

bool Session::holds(std::int64_t bytes) const {
  return hello.memory_bytes == 0 || bytes <= hello.memory_bytes - memory_given;
}

void Workers::add(SessionId id, const WorkerHello& hello, Now now) {
  Session session;
  session.id = id;
  session.hello = hello;
  session.heard = now;
  session.hello.held.clear();
  by_name_[hello.name] = id;
  sessions_.emplace(id, std::move(session));
}

void Workers::remove(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  by_name_.erase(found->second.hello.name);
  open_.erase(id);
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

template <class Change>
void Workers::change(SessionId id, const Change& change) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  change(found->second);
  changed_ = true;
  if (found->second.room() > 0)
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
void Workers::set_credits(SessionId id, int free) {
  change(id, [&](Session& session) {
    session.credits = std::max(0, free);
    if (session.hello.slots - free > static_cast<int>(session.busy.size())) return;
    for (const auto& [token, bytes] : session.ending) session.memory_given -= bytes;
    session.ending.clear();
  });
}
void Workers::take_credit(SessionId id) {
  change(id, [](Session& session) { --session.credits; });
}
void Workers::drain(SessionId id) {
  change(id, [](Session& session) { session.draining = true; });
}
void Workers::limit(SessionId id, std::optional<int> most_jobs) {
  change(id, [&](Session& session) { session.most_jobs = most_jobs; });
}
void Workers::occupy(SessionId id, JobKey job, std::int64_t memory_bytes) {
  change(id, [&](Session& session) {
    session.busy[job] = memory_bytes;
    session.memory_given += memory_bytes;
  });
}
void Workers::release(SessionId id, JobKey job) {
  change(id, [&](Session& session) {
    const auto found = session.busy.find(job);
    if (found == session.busy.end()) return;
    session.memory_given -= found->second;
    session.busy.erase(found);
  });
}
void Workers::told_to_stop(SessionId id, const AttemptToken& token, std::int64_t memory_bytes) {
  change(id, [&](Session& session) {
    if (session.ending.emplace(token, memory_bytes).second) session.memory_given += memory_bytes;
  });
}
void Workers::keep_ending(SessionId id, const std::vector<AttemptToken>& running) {
  const Session* session = find(id);
  if (session == nullptr || session->ending.empty()) return;
  change(id, [&](Session& changed) {
    std::erase_if(changed.ending, [&](const auto& entry) {
      if (std::find(running.begin(), running.end(), entry.first) != running.end()) return false;
      changed.memory_given -= entry.second;
      return true;
    });
  });
}
void Workers::used_dataset(SessionId id, const std::string& dataset) {
  change(id, [&](Session& session) { session.dataset = dataset; });
}

}  // namespace spin::core
