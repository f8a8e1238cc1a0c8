#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>

#include "tests/server/core/harness.h"
#include "tests/server/core/sim_worker.h"

// Whole histories drawn from a seed: sweeps that overlap, workers that come, go, die and repeat themselves,
// connections that lose what is on its way, restarts of the coordinator before and after a commit, leaps in
// time. The harness checks the invariants and the store after every step; at the end a ledger that the
// coordinator never sees says what must be.

namespace spin::core {
namespace {

constexpr int kWindow = 24;  // labels that plans draw from at a time

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed)
      : random_(seed), harness_({.lease_ms = 5000, .heartbeat_ms = 1000, .backoff_first_ms = 500}) {
    for (int i = 0; i < 4; ++i)
      workers_.emplace_back("w" + std::to_string(i), 1 + i % 3, seed * 10 + static_cast<std::uint64_t>(i));
  }

  void run_wild(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i)
      step({.job_error = 40, .trainer_dies = 40, .diverges = 30, .refuses = 10});
  }

  /// No faults any more: everything that can end must end.
  void run_calm() {
    for (SimWorker& worker : workers_) {
      if (!worker.is_draining()) continue;
      hang_up(worker);
      worker.restart();
    }
    for (int round = 0; round < 3000 && is_live(); ++round) {
      for (SimWorker& worker : workers_) {
        if (!worker.session()) connect(worker);
        worker.act({});
        worker.heartbeat();
        while (deliver_up(worker)) deliver_down();
      }
      deliver_down();
      advance(200);
    }
  }

  void check_ledger() {
    EXPECT_FALSE(is_live()) << "not everything came to an end";
    std::map<AttemptToken, JobId> finished;
    std::set<AttemptToken> acknowledged;
    for (const SimWorker& worker : workers_) {
      finished.insert(worker.finished().begin(), worker.finished().end());
      acknowledged.insert(worker.acknowledged().begin(), worker.acknowledged().end());
    }
    for (const auto& [key, row] : harness_.store.jobs()) check_job(row, finished);
    for (const AttemptToken& token : acknowledged) {
      const auto* row = harness_.store.find(finished.at(token));
      ASSERT_NE(row, nullptr);
      EXPECT_TRUE(row->result.has_value() || ever_cancelled_.contains(row->job.key))
          << "an acknowledged result is gone";
    }
  }

  [[nodiscard]] std::size_t results() const {
    std::size_t count = 0;
    for (const auto& [key, row] : harness_.store.jobs()) count += row.result ? 1 : 0;
    return count;
  }
  [[nodiscard]] std::size_t lost() const { return lost_; }

 private:
  struct Down {
    SessionId session;
    CoordinatorMessage message;
    JobId job;
  };

  std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  void check_job(const ModelStore::JobRow& row, const std::map<AttemptToken, JobId>& finished) const {
    const StoredJob& job = row.job;
    if (row.result) {
      const auto source = finished.find(row.result_of);
      ASSERT_NE(source, finished.end()) << "a result that no worker trained";
      EXPECT_EQ(source->second, job.id);
    }
    if (job.state == JobState::failed) {
      EXPECT_TRUE(job.failures >= harness_.store.max_attempts(job.key) || job.trainer_deaths >= 3)
          << "condemned for nothing";
    }
    EXPECT_NE(job.state, JobState::waiting);
    EXPECT_NE(job.state, JobState::ready);
  }

  void step(const Mishaps& mishaps) {
    const auto choice = draw(1000);
    SimWorker& worker = workers_[draw(workers_.size())];
    if (choice < 8) {
      submit();
    } else if (choice < 11) {
      cancel();
    } else if (choice < 14) {
      die();
    } else if (choice < 24) {
      hang_up(worker);
    } else if (choice < 30) {
      hang_up(worker);
      worker.restart();
    } else if (choice < 32) {
      worker.drain();
    } else if (choice < 36) {
      advance(static_cast<std::int64_t>(draw(12'000)));
    } else if (choice < 120) {
      if (!worker.session()) connect(worker);
    } else if (choice < 320) {
      worker.act(mishaps);
    } else if (choice < 400) {
      worker.heartbeat();
    } else if (choice < 650) {
      deliver_up(worker);
    } else if (choice < 900) {
      deliver_down();
    } else {
      advance(static_cast<std::int64_t>(draw(100)));
    }
  }

  /// Labels are a fixed graph: every third job depends on the one before, every sixth on the third before as
  /// well.
  PlanOf random_plan() {
    PlanOf plan("sweep" + std::to_string(draw(4)));
    plan.priority(static_cast<int>(draw(3))).max_attempts(1 + static_cast<int>(draw(3)));
    std::set<int> chosen;
    for (auto count = 1 + draw(6); count > 0; --count)
      choose(first_label_ + static_cast<int>(draw(kWindow)), chosen);
    for (const int label : chosen) {
      std::vector<std::string> needs;
      for (const int needed : needs_of(label)) needs.push_back("j" + std::to_string(needed));
      plan.job("j" + std::to_string(label), needs);
    }
    return plan;
  }

  static std::vector<int> needs_of(int label) {
    std::vector<int> needs;
    if (label % 3 == 2) needs.push_back(label - 1);
    if (label % 6 == 5) needs.push_back(label - 3);
    return needs;
  }

  static void choose(int label, std::set<int>& chosen) {
    chosen.insert(label);
    for (const int needed : needs_of(label)) choose(needed, chosen);
  }

  /// The window moves on, so that there is always something new and something known.
  void submit() {
    first_label_ += static_cast<int>(draw(6));
    handle(SweepSubmitted{1, random_plan().plan(), "", {}, 0});
  }

  void cancel() {
    const auto sweeps = harness_.coordinator->sweeps();
    if (sweeps.empty()) return;
    if (draw(2) == 0) {
      handle(SteerRequested{1, sweeps[draw(sweeps.size())], steer::Cancel{}});
    } else {
      handle(SteerRequested{1, JobKey{static_cast<std::int64_t>(draw(harness_.store.jobs().size()) + 1)},
                            steer::Cancel{}});
    }
  }

  /// Between two events, or in the middle of one: before its changes are stored.
  void die() {
    SimWorker& worker = workers_[draw(workers_.size())];
    const auto message = worker.session() ? worker.take_message() : std::nullopt;
    if (message && draw(2) == 0) {
      harness_.die_in(WorkerSaid{*worker.session(), *message});
    } else {
      harness_.restart();
    }
    down_.clear();
    for (SimWorker& each : workers_) each.disconnect();
  }

  void hang_up(SimWorker& worker) {
    if (!worker.session()) return;
    const SessionId session = *worker.session();
    worker.disconnect();
    std::erase_if(down_, [&](const Down& down) { return down.session == session; });
    // Sometimes the coordinator's side of the connection has not noticed.
    if (draw(3) != 0) handle(WorkerDetached{session});
  }

  void connect(SimWorker& worker) {
    const SessionId session = harness_.next_session();
    handle(WorkerAttached{session, worker.connect(session)});
  }

  bool deliver_up(SimWorker& worker) {
    if (!worker.session()) return false;
    const auto message = worker.take_message();
    if (!message) return false;
    handle(WorkerSaid{*worker.session(), *message});
    return true;
  }

  void deliver_down() {
    while (!down_.empty()) {
      const Down down = std::move(down_.front());
      down_.pop_front();
      for (SimWorker& worker : workers_)
        if (worker.session() == down.session) worker.receive(down.message, down.job);
      if (draw(4) == 0) return;
    }
  }

  void handle(const Event& event) {
    post(harness_.send(event));
    note(harness_.changes);
  }

  void advance(std::int64_t ms) {
    const auto before = harness_.coordinator->counters().lost_attempts;
    post(harness_.advance(ms));
    lost_ += static_cast<std::size_t>(harness_.coordinator->counters().lost_attempts - before);
  }

  void note(const std::vector<Change>& changes) {
    for (const Change& change : changes) {
      const auto* state = std::get_if<SetJobState>(&change);
      if (state != nullptr && state->state == JobState::cancelled) ever_cancelled_.insert(state->job);
    }
  }

  void post(const std::vector<Message>& messages) {
    for (const Message& message : messages) {
      if (const auto* lease = std::get_if<SendLease>(&message)) {
        Lease wire;
        wire.attempt = lease->attempt;
        down_.push_back({lease->session, wire, harness_.store.job(lease->job).job.id});
      } else if (const auto* send = std::get_if<SendMessage>(&message)) {
        down_.push_back({send->session, send->message, {}});
      } else if (const auto* close = std::get_if<CloseSession>(&message)) {
        for (SimWorker& worker : workers_)
          if (worker.session() == close->session) worker.disconnect();
      }
    }
  }

  [[nodiscard]] bool is_live() const {
    const auto sweeps = harness_.coordinator->sweeps();
    return std::any_of(sweeps.begin(), sweeps.end(),
                       [&](SweepId id) { return harness_.status(id).counts.live() > 0; });
  }

  std::mt19937_64 random_;
  Harness harness_;
  std::vector<SimWorker> workers_;
  std::deque<Down> down_;
  std::set<JobKey> ever_cancelled_;
  int first_label_ = 0;
  std::size_t lost_ = 0;
};

/// SPIN_TEST_SEEDS=5000 server_core_test --gtest_filter='*RandomHistory*' looks further than the suite has
/// time for.
std::uint64_t seed_count() {
  const char* given = std::getenv("SPIN_TEST_SEEDS");
  return given == nullptr ? 40 : std::strtoull(given, nullptr, 10);
}

class RandomHistory : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomHistory, EndsWithOneResultForEachJobThatCouldRun) {
  Simulation simulation(GetParam());
  simulation.run_wild(5000);
  simulation.run_calm();
  simulation.check_ledger();
  EXPECT_GT(simulation.results(), 10U) << "a history in which hardly anything happens shows nothing";
  EXPECT_GT(simulation.lost(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomHistory, testing::Range<std::uint64_t>(1, 1 + seed_count()));

}  // namespace
}  // namespace spin::core
