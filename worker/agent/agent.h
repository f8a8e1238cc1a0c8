#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "worker/agent/attempt.h"
#include "worker/agent/backoff.h"
#include "worker/agent/events.h"
#include "worker/agent/reports.h"
#include "worker/agent/slot.h"

namespace spin::agent {

struct AgentSettings {
  WorkerHello hello;       ///< without `held`
  std::string data;        ///< folder of data sets for the trainers; empty = the configurations'
  std::string scratch;     ///< folder of the attempts' folders
  std::uint64_t seed = 0;  ///< of the jitter
  int checkpoint_seconds = kCheckpointSeconds;  ///< see RunCommand
  Millis checkpoint_interval{30'000};           ///< least time between two uploads of an attempt's checkpoint
  Millis connect_limit{10'000};                 ///< from opening a stream to its welcome
  Millis reconnect_first{100}, reconnect_limit{10'000};
  Millis name_grace{2'000};  ///< how long "name in use" is taken for a stream of our own that is not over yet
  Millis salvage_limit{
      60'000};               ///< how long what a trainer that ended has left may take to be kept or travel
  Millis stop_grace{1'800};  ///< from StopCommand to SIGKILL, or to the end at once: gone within two seconds
  Millis save_limit{600'000};   ///< the same where it is to save: time for the step in hand and a checkpoint
  Millis start_limit{120'000};  ///< from the trainer's start to `ready`
  Millis start_backoff_first{1'000}, start_backoff_limit{60'000};
  Millis full_disk_rest{5'000};  ///< of a slot whose job found the disk full
  Millis offline_limit{5'000};   ///< how long a worker that stops waits for a coordinator that is away
};

/// The worker's state and rules. No I/O, no clock, no thread: the caller brings events and the time, and
/// carries out the effects in order. Used from one strand.
class Agent {
 public:
  Agent(AgentSettings settings, Now now);

  /// Never fails: what is refused shows in the effects. After Exit every event is ignored.
  Effects handle(const Event& event, Now now);
  /// When TimePassed is due; none while nothing waits for time.
  [[nodiscard]] std::optional<Now> next_deadline() const;

  /// Of each device, in the order of the hello.
  [[nodiscard]] std::vector<int> free_slots(Now now) const;
  [[nodiscard]] bool is_draining() const { return draining_; }
  /// What the coordinator is told that this worker holds.
  [[nodiscard]] std::vector<HeldAttempt> held() const;
  /// A sentence for each broken invariant; empty when all hold. Tests call it after every step.
  [[nodiscard]] std::vector<std::string> check_invariants() const;

 private:
  struct LinkDown {
    Now retry_at;
  };
  struct LinkConnecting {
    Now give_up_at;
  };
  struct LinkUp {
    Millis heartbeat;
    Now heartbeat_at;
    std::vector<int> believed;  ///< free slots of each device that the coordinator counts with
    std::string problem{};      ///< that the coordinator knows of
  };
  using LinkState = std::variant<LinkDown, LinkConnecting, LinkUp>;

  // agent.cpp: begin, time and end
  void on(const Begin& event);
  void on(const TimePassed& event);
  void on(const TerminateRequested& event);
  void on(const Persisted& event);
  void on(const PersistFailed& event);
  void start_drain(const std::string& reason);
  void settle();
  void finish(int code, std::string message);

  // agent_link.cpp
  void on(const Received& event);
  void on(const LinkLost& event);
  void receive(const Welcome& message);
  void receive(const Lease& message);
  void begin(const LeasedJob& job, const std::vector<std::string>& devices);
  void count_lease(const Lease& lease);
  /// A free slot of the device that a lease names; else why there is none.
  [[nodiscard]] Result<int> find_slot(const std::vector<std::string>& devices) const;
  [[nodiscard]] const std::string& device_of(int slot) const;
  void receive(const ReportAck& message);
  void receive(const DrainRequest& message);
  void connect();
  void link_time();
  void send_credits();
  void send_heartbeat();
  /// What the coordinator is told that hinders this worker; empty = nothing.
  [[nodiscard]] std::string problem() const;
  /// When the slot's last word on a full disk is out of date, if no job has repeated it; none while one runs.
  [[nodiscard]] std::optional<Now> forget_full_disk_at(const Slot& slot) const;
  [[nodiscard]] bool name_may_be_ours(const Error& error) const;
  bool is_to_be_said(const std::string& reason);
  /// Sent if the stream is up, else dropped.
  void send(WorkerMessage message);

  // agent_attempts.cpp
  void on(const ScratchFailed& event);
  void on(const Fetched& event);
  void on(const FetchFailed& event);
  void on(const ArtifactKept& event);
  void on(const Uploaded& event);
  void on(const UploadFailed& event);
  void try_run(Attempt& attempt);
  /// The job is given back, for it may run elsewhere; the slot rests.
  void disk_is_full(Attempt& attempt, const std::string& message);
  void disk_is_full(int slot, const std::string& message);
  void finish_training(Attempt& attempt, const FinishedEvent& event);
  /// These files of the scratch folder are put where they outlive this process; the attempt then ends with
  /// `end`.
  void keep(Attempt& attempt, std::variant<JobResult, AttemptFailed> end, std::set<ArtifactKind> kinds);
  void cannot_read_kept(Attempt& attempt, const UploadFailed& event);
  void keep_report(const Attempt& attempt, ReportBody body);
  /// Last report of the attempt; its slot is free, its transfers end.
  void end_with(Attempt& attempt, ReportBody body);
  /// The last report is in the outbox, or on its way there.
  void deliver(Attempt& attempt, const SequencedReport& last);
  /// The report will not be sent.
  void withdraw(std::uint64_t sequence);
  void fail(Attempt& attempt, FailureKind kind, const std::string& message);
  void refuse(const LeasedJob& lease, const std::string& message);
  /// Nothing more is said of the attempt.
  void drop(AttemptToken token);
  void release_slot(const Attempt& attempt);
  Attempt* find(const AttemptToken& token);
  void move(Attempt& attempt, AttemptState next);

  // agent_stops.cpp
  void receive(const StopAttempt& message);
  void cancel(Attempt& attempt);
  /// Ends it with `failure` once what it has learnt is at the coordinator.
  void save_and_end(Attempt& attempt, AttemptFailed failure);
  void start_stop();
  void stop_at_once();
  /// When a worker that stops leaves, whatever has not been delivered.
  [[nodiscard]] std::optional<Now> leave_at() const;
  /// Whether the process that ended so was ended on purpose, rather than by a fault of its job.
  [[nodiscard]] bool is_planned(const ProcessEnd& end) const;
  void trainer_died(Attempt& attempt, const std::string& message);
  void end_saving(Attempt& attempt, FailureKind kind, const std::string& message);
  /// Ends an attempt that trained with `failure`, once its newest checkpoint is at the coordinator.
  void salvage(Attempt& attempt, AttemptFailed failure);
  void keep_checkpoint(Attempt& attempt, AttemptFailed failure, int epoch);
  /// The worker leaves before the disk has taken the model or the checkpoint.
  void end_unkept(Attempt& attempt, std::variant<JobResult, AttemptFailed> end);
  void salvage_time();

  // agent_trainers.cpp
  void on(const TrainerStartFailed& event);
  void on(const TrainerSaid& event);
  void on(const TrainerBroke& event);
  void on(const TrainerWrote& event);
  void on(const TrainerExited& event);
  void hear(int slot, const ReadyEvent& event);
  void hear(int slot, const StartedEvent& event);
  void hear(int slot, const ProgressEvent& event);
  void hear(int slot, const EpochEvent& event);
  void hear(int slot, const CheckpointEvent& event);
  void hear(int slot, const FinishedEvent& event);
  void hear(int slot, const FailedEvent& event);
  void hear(int slot, const StoppedEvent& event);
  void start_trainer(int slot);
  /// The process is gone.
  void start_failed(int slot, FailureKind kind, const std::string& message);
  /// The process lives and is no use.
  void start_refused(int slot, const std::string& message);
  void kill_trainer(int slot);
  void trainer_is_idle(int slot);
  void drop_stopped(int slot);
  void trainer_time();
  void flush_log(int slot);
  Attempt* attempt_in(int slot);
  /// The attempt of the slot if what its trainer says of it is of use.
  Attempt* training_in(int slot);

  template <class E>
  void emit(E effect) {
    effects_.emplace_back(std::move(effect));
  }
  void say(Severity severity, std::string text) { emit(Say{severity, std::move(text)}); }
  void upload_checkpoint(const AttemptToken& token);
  [[nodiscard]] std::string scratch_file(const AttemptToken& token, ArtifactKind kind) const;

  const AgentSettings settings_;

  Now now_;  // of the event in hand
  Effects effects_;

  LinkState link_;
  Backoff reconnect_;
  std::set<std::string> said_reasons_;  // why the stream is not up, since it last was or for a minute
  std::optional<Now> say_again_at_;     // where a reason has been said
  std::optional<Now> name_refused_since_;
  Millis welcome_lease_{0};  // of the last welcome; 0 = never attached

  std::map<AttemptToken, Attempt> attempts_;
  std::vector<Slot> slots_;
  Reports reports_;

  std::string no_room_for_results_;  // in words; empty where the disk has room
  std::optional<Now> say_full_at_;   // not again before
  bool draining_ = false;
  bool stopping_ = false;             // and running jobs do not finish
  bool is_hurried_ = false;           // and nothing is waited for but this machine's disk, briefly
  std::optional<Now> trained_until_;  // while stopping: since when no trainer works any more
  std::optional<Now> offline_since_;  // while no stream is up
  bool ended_ = false;
};

}  // namespace spin::agent
