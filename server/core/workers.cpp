#include "server/core/workers.h"

#include <algorithm>

namespace spin::core {

int Session::room() const {
  if (draining) return 0;
  return std::max(0, std::min(credits, hello.slots - static_cast<int>(busy.size())));
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

std::optional<SessionId> Workers::roomiest() const {
  std::optional<SessionId> best;
  int most = 0;
  for (const SessionId id : open_) {
    const int room = sessions_.at(id).room();
    if (room <= most) continue;
    most = room;
    best = id;
  }
  return best;
}

template <class Change>
void Workers::change(SessionId id, const Change& change) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  change(found->second);
  if (found->second.room() > 0)
    open_.insert(id);
  else
    open_.erase(id);
}

void Workers::heard(SessionId id, Now now) {
  change(id, [&](Session& session) { session.heard = now; });
}
void Workers::set_credits(SessionId id, int free) {
  change(id, [&](Session& session) { session.credits = std::max(0, free); });
}
void Workers::take_credit(SessionId id) {
  change(id, [](Session& session) { --session.credits; });
}
void Workers::drain(SessionId id) {
  change(id, [](Session& session) { session.draining = true; });
}
void Workers::occupy(SessionId id, JobKey job) {
  change(id, [&](Session& session) { session.busy.insert(job); });
}
void Workers::release(SessionId id, JobKey job) {
  change(id, [&](Session& session) { session.busy.erase(job); });
}

}  // namespace spin::core
