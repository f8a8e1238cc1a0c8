#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "schema/job/session.h"
#include "server/core/events.h"
#include "server/core/phase.h"

namespace spin::core {

/// What is given of one device of a worker.
struct DeviceState {
  int credits = 0;                ///< as the worker said last, less the leases sent since
  int busy = 0;                   ///< jobs that run on it
  std::int64_t memory_given = 0;  ///< to those, and to what was taken from the worker and may still be there
  std::string dataset;            ///< of the job that it was given last
  std::optional<int> most_jobs;   ///< while it is quarantined
};

/// One attached worker.
struct Session {
  SessionId id;
  WorkerHello hello;                 ///< `held` is empty
  std::vector<DeviceState> devices;  ///< in the order of hello.devices
  bool draining = false;
  bool drain_asked = false;    ///< by a person; until the worker says that it drains
  bool silent = false;         ///< a lease of it ended, and nothing has been heard since
  Now heard;                   ///< last sign of life
  std::string problem;         ///< what hinders it, as it says; empty = nothing
  std::map<JobKey, Use> busy;  ///< jobs that it runs, or whose results it has on their way
  /// Attempts that were taken from it (told to stop, lost) and that it may still have, with the memory that
  /// their trainers may still hold.
  std::map<AttemptToken, Use> ending;

  /// Leases that it may have now for this device. The slots bound the credits, because what a worker says may
  /// cross a lease on its way.
  [[nodiscard]] int room(int device) const;
  /// For any of its devices.
  [[nodiscard]] bool has_room() const;
  /// Whether so much of the device's memory is free; one of which nobody knows how much it has takes
  /// everything.
  [[nodiscard]] bool holds(int device, std::int64_t bytes) const;
  /// The memory that was given of all devices that say how much they have, and that of the others.
  [[nodiscard]] std::int64_t memory_used() const;
  /// Index of the device that the attempt occupies, as the worker says; kNoDevice where it is none of its
  /// own.
  [[nodiscard]] int device_of(const HeldAttempt& held) const;
};

/// Index among the devices; kNoDevice where there is none of the name.
int find_device(const WorkerHello& worker, const std::string& device);

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
  /// The worker has so many free slots on each device: the trainers of what was taken from it have ended
  /// where it says of all other slots of the device that they are free. Precondition: one number a device.
  void set_credits(SessionId id, const std::vector<int>& free);
  void take_credit(SessionId id, int device);
  /// A lease that was counted has not reached it.
  void give_credit(SessionId id, int device);
  /// It has no free slot until it says so.
  void take_all_credits(SessionId id);
  void ask_to_drain(SessionId id);
  /// The worker says so; it will say it again whenever it attaches.
  void drains(SessionId id);
  void limit(SessionId id, int device, std::optional<int> most_jobs);
  /// In the place of what the job had there.
  void occupy(SessionId id, JobKey job, const Use& use);
  void release(SessionId id, JobKey job);
  /// The attempt was taken from the worker, and may still be there.
  void add_ending(SessionId id, const AttemptToken& token, const Use& use);
  /// It is not there any more, or the worker has got it back.
  void ended(SessionId id, const AttemptToken& token);
  /// What was taken from it and is not among these any more has ended; the rest is where they say.
  void keep_ending(SessionId id, const std::vector<HeldAttempt>& running);
  void used_dataset(SessionId id, int device, const std::string& dataset);

  /// Whether a worker may have got room since the last call.
  bool take_changed() { return std::exchange(changed_, false); }

 private:
  /// What is known of a worker that is not attached.
  struct Absent {
    std::string instance;
    bool drain_asked = false;
    std::map<AttemptToken, Use> ending;
  };

  template <class Change>
  void change(SessionId id, const Change& change);
  void restore(Session& session, const Absent& absent, const std::vector<HeldAttempt>& held);

  std::map<SessionId, Session> sessions_;
  std::map<std::string, SessionId> by_name_;
  std::map<std::string, Absent> absent_;  ///< by name; of those alone of which there is something to know
  std::set<SessionId> open_;              ///< those with room
  bool changed_ = false;
};

}  // namespace spin::core
