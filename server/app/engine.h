#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "server/app/delivery.h"
#include "server/app/strand.h"
#include "server/core/coordinator.h"
#include "server/core/restoration.h"
#include "server/metrics/metrics.h"
#include "server/rpc/backend.h"
#include "server/store/reader.h"
#include "server/store/store.h"

namespace spin {

/// Hears what people who follow something want to know. On the strand.
class Observer {
 public:
  virtual ~Observer() = default;
  /// After each step of the coordinator.
  virtual void stepped() = 0;
  /// The jobs among these changes that somebody follows; committed() comes once they are durable.
  virtual std::vector<core::JobKey> followed(const std::vector<core::Change>& changes) = 0;
  virtual void committed(const std::vector<core::JobKey>& jobs) = 0;
};

/// Drives the coordinator: brings it events and time, commits what it changes, and delivers what it says once
/// that is durable. Everything but the constructor runs on the strand.
class Engine {
 public:
  /// Gets SubmitAccepted, SteerAccepted, DrainAccepted or RequestRefused; where the disk becomes full
  /// meanwhile, RequestRefused at once, and the other when there is room.
  using Answered = std::function<void(core::Message)>;

  /// What the engine works with; all of it outlives the engine.
  struct Parts {
    Strand& strand;
    Store& store;
    Reader& reader;  ///< see Delivery
    Metrics& metrics;
  };

  Engine(Parts parts, core::Restoration restoration);

  /// Before start(); the observer outlives the engine's last step.
  void observe(Observer& observer) { observer_ = &observer; }
  void start();
  /// From here on events are ignored.
  void stop();
  /// Once the strand has ended: sends what there is for workers, and reads no more.
  void stop_delivery() { delivery_.stop(); }
  /// For tests: returns once what the strand has handed over for workers by now is sent. Not on the strand.
  void wait_until_delivered() { delivery_.wait_until_sent(); }

  void attach(WorkerHello hello, std::shared_ptr<WorkerLink> link);
  void receive(const std::shared_ptr<WorkerLink>& link, std::vector<WorkerMessage> messages);
  void detached(const std::shared_ptr<WorkerLink>& link);

  /// Puts a request: SweepSubmitted, SweepExtended, SteerRequested or DrainRequested. Refused while the disk
  /// is full, but for a SweepExtended, which waits. Dropped where the engine stops before the answer.
  template <class Request>
  void request(Request event, Answered answered) {
    if (stopped_) return;
    constexpr bool waits = std::is_same_v<Request, core::SweepExtended>;
    if (!waits && !disk_full_.empty()) return answered(core::RequestRefused{0, full("nothing is changed")});
    event.request = ++last_request_;
    requests_[event.request] = {std::move(answered), waits};
    handle(std::move(event));
  }
  /// No lease is granted while there is a reason.
  void hold_leases(const std::string& reason);
  /// While there is a reason, what is decided waits for room on the disk, and people are told so.
  void disk_full(const std::string& reason);
  /// Why what was decided is not stored; empty where it is.
  [[nodiscard]] const std::string& disk_full() const { return disk_full_; }

  /// Runs `task` once everything that the coordinator has decided by now is durable.
  void after_commits(std::function<void()> task);
  /// The same for an answer to a person, who gets it at once while the disk is full: nobody knows for how
  /// long that is.
  void answer_after_commits(std::function<void()> answer);
  /// Runs `task` once not too many changes wait to be committed.
  void when_roomy(std::function<void()> task);

  [[nodiscard]] const core::Coordinator& coordinator() const { return coordinator_; }
  [[nodiscard]] MetricsSnapshot snapshot() const;
  /// How long the oldest changes that are not durable yet have been with the store; 0 = there are none.
  [[nodiscard]] std::chrono::steady_clock::duration oldest_commit_age() const;

 private:
  /// What follows from steps whose changes are being committed, oldest first.
  struct Batch {
    std::vector<core::Message> messages;
    std::vector<std::function<void()>> tasks, answers;
    core::Now handed_over;
    std::vector<core::JobKey> followed;  ///< jobs that were changed
    std::size_t changes = 0;
  };

  void handle(const core::Event& event);
  void finish_step(core::Effects effects);
  void log_defects();
  void settle_on();
  void commit(core::Effects effects);
  void committed();
  void deliver(std::vector<core::Message>& messages);
  void refuse_lease(const core::SendLease& order, const Error& error);
  void answer(std::uint64_t request, core::Message message);
  [[nodiscard]] Error full(const std::string& so) const;
  void arm_timer();

  Strand& strand_;
  Store& store_;
  Metrics& metrics_;
  Delivery delivery_;

  // On the strand.
  core::Coordinator coordinator_;
  boost::asio::steady_timer timer_;
  std::optional<core::Now> armed_;
  Observer* observer_ = nullptr;
  bool stopped_ = false;
  bool is_settling_ = false;  ///< a SettleOn is on its way
  std::deque<Batch> batches_;
  std::size_t waiting_changes_ = 0;  ///< of batches_
  std::deque<std::function<void()>> waiting_for_room_;
  std::size_t logged_defects_ = 0;
  std::int64_t last_session_ = 0;
  std::unordered_map<SessionId, std::shared_ptr<WorkerLink>> links_;
  std::unordered_map<const WorkerLink*, SessionId> sessions_;
  std::string disk_full_;  ///< why the store waits
  std::uint64_t last_request_ = 0;
  struct Pending {
    Answered answered;
    bool waits = false;  ///< for room on the disk
  };
  std::unordered_map<std::uint64_t, Pending> requests_;
};

}  // namespace spin
