#include "server/core/workers.h"

#include <algorithm>
#include <utility>

namespace spin::core {

int Session::room() const {
  if (draining || silent) return 0;
  const int slots = most_jobs ? std::min(*most_jobs, hello.slots) : hello.slots;
  return std::max(0, std::min(credits, slots - static_cast<int>(busy.size())));
}

bool Session::holds(std::int64_t bytes) const {
  return hello.memory_bytes == 0 || bytes <= hello.memory_bytes - memory_given;
}

bool Workers::add(SessionId id, const WorkerHello& hello, Now now) {
  Session session;
  session.id = id;
  session.hello = hello;
  session.heard = now;
  session.hello.held.clear();
  const auto absent = absent_.extract(hello.name);
  if (!absent.empty()) restore(session, absent.mapped(), hello.held);
  by_name_[hello.name] = id;
  sessions_.emplace(id, std::move(session));
  return !absent.empty();
}

/// Another process of the name has nothing of the one before but its outbox.
void Workers::restore(Session& session, const Absent& absent, const std::vector<AttemptToken>& held) {
  if (absent.instance != session.hello.instance) return;
  session.draining = session.drain_asked = absent.drain_asked;
  for (const AttemptToken& token : held) {
    const auto found = absent.ending.find(token);
    if (found != absent.ending.end() && session.ending.insert(*found).second)
      session.memory_given += found->second;
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
void Workers::hindered(SessionId id, const std::string& problem) {
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) found->second.problem = problem;
}
void Workers::set_credits(SessionId id, int free) {
  change(id, [&](Session& session) {
    session.credits = std::max(0, free);
    if (session.hello.slots - free > static_cast<int>(session.busy.size())) return;
    for (auto& [token, bytes] : session.ending) session.memory_given -= std::exchange(bytes, 0);
  });
}
void Workers::take_credit(SessionId id) {
  change(id, [](Session& session) { --session.credits; });
}
void Workers::give_credit(SessionId id) {
  change(id, [](Session& session) { ++session.credits; });
}
void Workers::take_all_credits(SessionId id) {
  change(id, [](Session& session) { session.credits = 0; });
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
void Workers::add_ending(SessionId id, const AttemptToken& token, std::int64_t memory_bytes) {
  change(id, [&](Session& session) {
    if (session.ending.emplace(token, memory_bytes).second) session.memory_given += memory_bytes;
  });
}
void Workers::ended(SessionId id, const AttemptToken& token) {
  const Session* session = find(id);
  if (session == nullptr || !session->ending.contains(token)) return;
  change(id, [&](Session& changed) {
    const auto ending = changed.ending.extract(token);
    changed.memory_given -= ending.mapped();
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
