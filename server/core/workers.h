#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "schema/job/session.h"
#include "server/core/events.h"

namespace spin::core {

/// One attached worker.
struct Session {
  SessionId id;
  WorkerHello hello;  ///< `held` is empty
  int credits = 0;    ///< as the worker said last, less the leases sent since
  bool draining = false;
  bool drain_asked = false;             ///< by a person; until the worker says that it drains
  bool silent = false;                  ///< a lease of it ended, and nothing has been heard since
  std::optional<int> most_jobs;         ///< while it is quarantined
  std::string dataset;                  ///< of the job that it was given last
  Now heard;                            ///< last sign of life
  std::string problem;                  ///< what hinders it, as it says; empty = nothing
  std::map<JobKey, std::int64_t> busy;  ///< jobs that it runs, with the memory that each was given
  /// Attempts that were taken from it (told to stop, lost) and that it may still have, with the memory that
  /// their trainers may still hold.
  std::map<AttemptToken, std::int64_t> ending;
  std::int64_t memory_given = 0;  ///< sum over `busy` and `ending`

  /// Leases that it may have now. The slots bound the credits, because what a worker says may cross a lease
  /// on its way.
  [[nodiscard]] int room() const;
  /// Whether so much of its memory is free; a worker that does not know how much it has takes everything.
  [[nodiscard]] bool holds(std::int64_t bytes) const;
};

/// The attached workers; names are unique among them.
class Workers {
 public:
  /// Precondition: neither the id nor the name is attached. The same process goes on with what was known of
  /// it: that it was asked to drain, and the memory of what it still has. Whether anything of this name was
  /// remembered.
  bool add(SessionId id, const WorkerHello& hello, Now now);
  /// Precondition: it is busy with nothing.
  void remove(SessionId id);
  [[nodiscard]] const Session* find(SessionId id) const;
  [[nodiscard]] const Session* find(const std::string& name) const;
  [[nodiscard]] const std::map<SessionId, Session>& all() const { return sessions_; }
  /// The one that may still have an attempt that was taken from it.
  [[nodiscard]] const Session* find_ending(const AttemptToken& token) const;
  /// Those with room, in the order of their numbers.
  [[nodiscard]] const std::set<SessionId>& open() const { return open_; }

  void heard(SessionId id, Now now);
  void fell_silent(SessionId id);
  void hindered(SessionId id, const std::string& problem);
  /// The worker has so many free slots: the trainers of what was taken from it have ended where it says of
  /// all other slots that they are free.
  void set_credits(SessionId id, int free);
  void take_credit(SessionId id);
  /// A lease that was counted has not reached it.
  void give_credit(SessionId id);
  /// It has no free slot until it says so.
  void take_all_credits(SessionId id);
  void ask_to_drain(SessionId id);
  /// The worker says so; it will say it again whenever it attaches.
  void drains(SessionId id);
  void limit(SessionId id, std::optional<int> most_jobs);
  void occupy(SessionId id, JobKey job, std::int64_t memory_bytes);
  void release(SessionId id, JobKey job);
  /// The attempt was taken from the worker, and may still be there.
  void add_ending(SessionId id, const AttemptToken& token, std::int64_t memory_bytes);
  /// It is not there any more, or the worker has got it back.
  void ended(SessionId id, const AttemptToken& token);
  /// What was taken from it and is not among these any more has ended.
  void keep_ending(SessionId id, const std::vector<AttemptToken>& running);
  void used_dataset(SessionId id, const std::string& dataset);

  /// Whether a worker may have got room since the last call.
  bool take_changed() { return std::exchange(changed_, false); }

 private:
  /// What is known of a worker that is not attached.
  struct Absent {
    std::string instance;
    bool drain_asked = false;
    std::map<AttemptToken, std::int64_t> ending;
  };

  template <class Change>
  void change(SessionId id, const Change& change);
  void restore(Session& session, const Absent& absent, const std::vector<AttemptToken>& held);

  std::map<SessionId, Session> sessions_;
  std::map<std::string, SessionId> by_name_;
  std::map<std::string, Absent> absent_;  ///< by name; of those alone of which there is something to know
  std::set<SessionId> open_;              ///< those with room
  bool changed_ = false;
};

}  // namespace spin::core
