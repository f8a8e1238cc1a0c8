#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "schema/job/session.h"
#include "server/core/events.h"

namespace spin::core {

/// One attached worker.
struct Session {
  SessionId id;
  WorkerHello hello;  ///< `held` is empty
  int credits = 0;    ///< as the worker said last, less the leases sent since
  bool draining = false;
  Now heard;              ///< last sign of life
  std::set<JobKey> busy;  ///< jobs that it runs

  /// Leases that it may have now. The slots bound the credits, because what a worker says may cross a lease
  /// on its way.
  [[nodiscard]] int room() const;
};

/// The attached workers; names are unique among them.
class Workers {
 public:
  /// Precondition: neither the id nor the name is attached.
  void add(SessionId id, const WorkerHello& hello, Now now);
  void remove(SessionId id);
  [[nodiscard]] const Session* find(SessionId id) const;
  [[nodiscard]] const Session* find(const std::string& name) const;
  [[nodiscard]] const std::map<SessionId, Session>& all() const { return sessions_; }
  /// With the most room; none where nobody has any.
  [[nodiscard]] std::optional<SessionId> roomiest() const;
  [[nodiscard]] bool has_room(SessionId id) const { return open_.contains(id); }

  void heard(SessionId id, Now now);
  void set_credits(SessionId id, int free);
  void take_credit(SessionId id);
  void drain(SessionId id);
  void occupy(SessionId id, JobKey job);
  void release(SessionId id, JobKey job);

 private:
  template <class Change>
  void change(SessionId id, const Change& change);

  std::map<SessionId, Session> sessions_;
  std::map<std::string, SessionId> by_name_;
  std::set<SessionId> open_;  ///< those with room
};

}  // namespace spin::core
