#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <variant>
#include <vector>

#include "server/core/events.h"
#include "server/rpc/backend.h"
#include "server/store/reader.h"

namespace spin {

/// Sends workers what the coordinator says to them, on a thread of its own: there leases are read from the
/// store and messages become those of the wire, so that the strand does neither.
class Delivery {
 public:
  struct Letter {
    std::shared_ptr<WorkerLink> link;
    std::variant<core::SendLease, CoordinatorMessage, Error> content;  ///< an error closes the link
  };
  /// A lease whose job cannot be read. Called on the thread.
  using Refused = std::function<void(const core::SendLease& order, const Error& error)>;

  /// The reader outlives it, and is its alone, so that no query holds a lease up.
  Delivery(Reader& reader, Refused refused);
  ~Delivery();

  /// What goes to one link arrives in the order of the calls, and together where it can. Thread-safe.
  void post(std::vector<Letter> letters);
  /// Returns once all that was posted before is sent or refused. Not on the thread.
  void wait_until_sent();
  /// Sends what was posted and ends. No post() may follow.
  void stop();

 private:
  void work();
  void send(std::vector<Letter> letters);
  std::vector<Result<Lease>> read_leases(std::span<const core::SendLease> orders);

  Reader& reader_;
  const Refused refused_;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  // Behind mutex_.
  std::vector<Letter> queue_;
  bool is_sending_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace spin
