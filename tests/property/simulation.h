#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "server/core/coordinator.h"
#include "tests/property/ledger.h"
#include "tests/property/orders.h"
#include "tests/property/sim_worker.h"
#include "tests/property/submissions.h"
#include "tests/server/core/model_store.h"

namespace spin::core {

/// How much happens in a history.
struct Shape {
  int steps = 100;
  int workers = 2;
  int window = 6;     ///< labels that plans draw from at a time
  int plan_jobs = 3;  ///< at most so many are chosen, and what they depend on
};

/// A whole history drawn from a seed: sweeps that overlap, people who steer and delete them, workers that
/// come, go, freeze, die and repeat themselves, connections that stall one way or lose what is on its way,
/// commits that come late, together or never, restarts of the coordinator, leaps in time. All invariants are
/// checked after every step; an outside ledger judges every lease, and the end. Equal seeds give equal
/// histories.
class Simulation {
 public:
  /// `trace`, if there is one, is told every event and every message.
  Simulation(std::uint64_t seed, const Shape& shape, std::ostream* trace = nullptr);

  /// The history, then an end without faults, then the ledger. Stops at the first test failure.
  void run();
  /// That were stored, and sweeps that were deleted.
  [[nodiscard]] std::int64_t results() const { return results_; }
  [[nodiscard]] std::int64_t deleted() const { return deleted_; }
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  void step();
  void person_acts();
  void hold();
  void something_breaks();
  void submit();
  void extend();
  void steer();
  void regret();
  void order(std::variant<SweepId, JobKey> target, steer::Action action);
  [[nodiscard]] steer::Action random_action();
  void die();
  void hang_up(SimWorker& worker);
  void connect(SimWorker& worker);
  void calm_down();
  void calm_round();

  /// False where there was nothing to deliver.
  bool deliver_up(SimWorker& worker);
  bool deliver_down(SimWorker& worker);
  void handle(const Event& event);
  void note_probes(const Effects& effects);
  void advance(std::int64_t ms);
  /// The oldest batches become durable, and what rests on them is told.
  void commit(std::size_t batches);
  void store(const Effects& effects);
  void tell(const Message& message);
  [[nodiscard]] SimWorker* find(SessionId session);
  [[nodiscard]] bool is_live() const;

  std::uint64_t draw(std::uint64_t below) { return random_() % below; }
  bool chance(std::uint64_t in_thousand) { return draw(1000) < in_thousand; }
  void note(const std::string& what);
  /// Whether a rule was broken since this history began.
  [[nodiscard]] bool has_failed() const;

  std::mt19937_64 random_;
  const Shape shape_;
  const bool is_plain_;  ///< all jobs can run on all workers
  std::ostream* trace_;
  CoordinatorSettings settings_;
  ModelStore store_;
  Ledger ledger_;
  Submissions submissions_;
  Orders orders_;
  std::unique_ptr<Coordinator> coordinator_;
  std::vector<SimWorker> workers_;
  std::deque<Effects> uncommitted_;
  std::vector<LeaseFailed> unreadable_;  ///< leases that were to be told and are not yet said to have failed
  Now now_{std::chrono::hours(1)};
  std::int64_t last_session_ = 0;
  std::map<SessionId, WorkerHello> sessions_;  ///< all that ever were
  bool is_full_ = false;                       ///< the disk of the coordinator
  std::uint64_t last_order_ = 1;               ///< the others are all request 1
  std::int64_t lost_ = 0, results_ = 0, deleted_ = 0;
  const int failures_before_;  ///< a history is shown again after it has failed
};

}  // namespace spin::core
