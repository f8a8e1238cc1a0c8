#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "schema/job/session.h"
#include "server/core/events.h"

namespace spin::core {

/// Chances in a thousand of what may go wrong with an attempt at each of its steps.
struct Mishaps {
  int job_error = 0, trainer_dies = 0, diverges = 0, refuses = 0;
};

/// A worker as the contracts describe it: runs leases, keeps reports in an outbox until they are
/// acknowledged, sends them again after every connect. Its connection is two queues that lose what they hold
/// when it breaks.
class SimWorker {
 public:
  /// A message on its way down; of a lease the job with it.
  struct Down {
    CoordinatorMessage message;
    JobId job;
  };

  SimWorker(WorkerHello hello, std::uint64_t seed) : hello_(std::move(hello)), random_(seed) {}

  /// Hello of a new connection.
  WorkerHello connect(SessionId session);
  void disconnect();
  /// SIGKILL and start: what it trained is gone, the outbox is not.
  void restart();
  void receive(const Down& down);
  /// One random thing that a worker does by itself.
  void act(const Mishaps& mishaps);
  /// What was told to stop stops, and what was told to save has saved.
  void end_what_stops();
  void heartbeat();
  /// Takes no more leases until it is started anew.
  void drain() { draining_ = true; }
  [[nodiscard]] bool is_draining() const { return draining_; }

  [[nodiscard]] std::optional<SessionId> session() const { return session_; }
  [[nodiscard]] const WorkerHello& hello() const { return hello_; }
  /// The oldest message on its way up; none where there is none.
  std::optional<WorkerMessage> take_message();

  /// Attempts that trained to an end here: what a result may come from.
  [[nodiscard]] const std::map<AttemptToken, JobId>& finished() const { return finished_; }
  /// Finished attempts whose report was acknowledged.
  [[nodiscard]] const std::vector<AttemptToken>& acknowledged() const { return acknowledged_; }
  [[nodiscard]] bool trains(const JobId& job) const;

  /// Epochs that a job has; all but the last are reported.
  static constexpr int kEpochs = 3;

  // What the simulation does to it and to its connection.
  bool frozen = false;    ///< SIGSTOP
  bool up_cut = false;    ///< what it says waits
  bool down_cut = false;  ///< what it is told waits
  std::deque<Down> down;

 private:
  enum class Mode { trains, saves, stops };
  struct Training {
    JobId job;
    std::string device;
    int epoch = 0;
    Mode mode = Mode::trains;
  };
  void send(WorkerMessage message);
  void report(const JobId& job, const AttemptToken& token, ReportBody body);
  void report_checkpoint(const JobId& job, const AttemptToken& token, int epoch);
  void say_credits();
  void train(const AttemptToken& token, const Mishaps& mishaps);
  /// Of one that does not train any more.
  void end(const AttemptToken& token);
  /// What it says that it has: what it runs, and what its outbox holds the last report of.
  [[nodiscard]] std::vector<HeldAttempt> held() const;
  void stop(const StopAttempt& stop);
  void acknowledge(std::uint64_t sequence);
  bool happens(int in_thousand) { return static_cast<int>(random_() % 1000) < in_thousand; }

  WorkerHello hello_;
  std::minstd_rand random_;
  bool draining_ = false;
  std::uint64_t last_sequence_ = 0;
  std::optional<SessionId> session_;
  std::deque<WorkerMessage> up_;
  std::map<AttemptToken, Training> training_;
  std::deque<SequencedReport> outbox_;
  std::map<AttemptToken, JobId> finished_;
  std::vector<AttemptToken> acknowledged_;
};

}  // namespace spin::core
