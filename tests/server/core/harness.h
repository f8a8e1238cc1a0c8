#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "schema/base/version.h"
#include "server/core/coordinator.h"
#include "tests/server/core/model_store.h"
#include "tests/server/core/plans.h"

namespace spin::core {

/// A coordinator with a clock of its own and a store in memory. After every event the changes are stored, all
/// invariants are checked, and each job's state is compared with the stored one.
class Harness {
 public:
  explicit Harness(CoordinatorSettings settings = {}) : settings_(settings) { restart(); }

  /// What the coordinator wants told, once its changes are stored.
  std::vector<Message> send(const Event& event);
  /// Sends TimePassed whenever it is due on the way.
  std::vector<Message> advance(std::int64_t ms);
  /// Until what was asked of sweeps has reached all their jobs. How many parts it took.
  int settle();
  /// The process dies and starts again: a new boot, no sessions.
  void restart();
  /// The event is handled, but the process dies before anything of it is stored or told.
  void die_in(const Event& event);

  SweepId submit(const PlanOf& plan, bool replace = false);
  Error submit_refused(const PlanOf& plan);
  using Target = std::variant<SweepId, JobKey>;
  /// Jobs changed.
  std::int64_t steer(Target target, const steer::Action& action);
  /// Expects that nothing is stored.
  Error steer_refused(Target target, const steer::Action& action);
  std::int64_t cancel(Target target) { return steer(target, steer::Cancel{}); }
  Error cancel_refused(Target target) { return steer_refused(target, steer::Cancel{}); }
  std::int64_t pause(Target target) { return steer(target, steer::Pause{}); }
  std::int64_t resume(Target target) { return steer(target, steer::Resume{}); }

  static WorkerHello hello(const std::string& name, int slots = 1);
  /// Attempts that a worker runs on its only device.
  static std::vector<HeldAttempt> on_cpu(const std::vector<AttemptToken>& tokens);
  SessionId next_session() { return SessionId{++last_session_}; }
  /// Attaches and expects the welcome; messages behind it are in `last`.
  SessionId attach(const WorkerHello& hello);
  SessionId attach(const std::string& name, int slots = 1) { return attach(hello(name, slots)); }
  Error attach_refused(const WorkerHello& hello);
  void detach(SessionId session) { send(WorkerDetached{session}); }
  std::vector<Message> say(SessionId session, WorkerMessage message) {
    return send(WorkerSaid{session, message});
  }
  std::vector<SendLease> credits(SessionId session, std::vector<int> free);
  /// Of a worker with one device.
  std::vector<SendLease> credits(SessionId session, int free) { return credits(session, std::vector{free}); }
  /// Attaches with as many credits as slots, and expects exactly one lease.
  SendLease lease_to(const std::string& worker);

  std::vector<Message> report(const SendLease& lease, ReportBody body, std::uint64_t sequence = 0);
  std::vector<Message> finish(const SendLease& lease, Outcome outcome = Outcome::completed);
  std::vector<Message> fail(const SendLease& lease, FailureKind kind, const std::string& message = "boom");
  std::vector<Message> heartbeat(SessionId session, std::vector<AttemptToken> running) {
    return say(session, Heartbeat{on_cpu(running)});
  }

  [[nodiscard]] JobKey key(const std::string& label) const { return store.key_of(label); }
  [[nodiscard]] JobState state(const std::string& label) const { return *coordinator->job_state(key(label)); }
  [[nodiscard]] const StoredJob& stored(const std::string& label) const { return store.job(key(label)).job; }
  [[nodiscard]] std::string history(const std::string& label) const { return store.history(key(label)); }
  /// As a listing shows it.
  [[nodiscard]] JobRow row(const std::string& label) const;
  [[nodiscard]] SweepStatus status(SweepId sweep) const { return *coordinator->sweep_status(sweep, now); }

  ModelStore store;
  std::unique_ptr<Coordinator> coordinator;
  Now now{std::chrono::hours(1)};
  std::vector<Message> last;  ///< of the last event
  std::vector<Change> changes;

 private:
  void check();
  void check_lease(const SendLease& lease) const;

  CoordinatorSettings settings_;
  std::int64_t last_session_ = 0;
  std::uint64_t last_request_ = 0;
};

/// What the lease gives the job to read in this role.
inline std::optional<ArtifactRef> input_of(const SendLease& lease, InputRole role) {
  for (const auto& input : lease.inputs)
    if (input.role == role) return input.artifact;
  return std::nullopt;
}

/// The messages of one kind.
template <class T>
std::vector<T> all_of(const std::vector<Message>& messages) {
  std::vector<T> found;
  for (const Message& message : messages) {
    if constexpr (std::is_constructible_v<CoordinatorMessage, T>) {
      const auto* send = std::get_if<SendMessage>(&message);
      if (send != nullptr && std::holds_alternative<T>(send->message))
        found.push_back(std::get<T>(send->message));
    } else if (std::holds_alternative<T>(message)) {
      found.push_back(std::get<T>(message));
    }
  }
  return found;
}

}  // namespace spin::core
