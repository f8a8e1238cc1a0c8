#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "client/commands/interrupt.h"
#include "client/commands/supervised.h"
#include "schema/base/result.h"

namespace spin::cli {

struct FleetSettings {
  std::filesystem::path socket, database, artifacts, worker_state;
  std::filesystem::path spind_log, worker_log;
  int slots = 1;    ///< on each device
  int threads = 0;  ///< per slot; 0 = the cores shared out among the slots
  std::string device = "cpu";
  std::string data;      ///< folder of data sets; empty = the configurations'
  bool is_kept = false;  ///< the database stays, and with it what running jobs save when they are stopped
};

/// A coordinator and a worker of our own on this machine, started again when they die. When one of them does
/// not stay up, the interrupt is stopped with the reason. Thread-safe.
class LocalFleet {
 public:
  /// `say` gets lines for people, from a thread of the fleet's own. not_found where the programs are not
  /// installed.
  static Result<std::unique_ptr<LocalFleet>> make(const FleetSettings& settings, Interrupt& interrupt,
                                                  std::function<void(const std::string&)> say);
  /// Ends what is left, at once.
  ~LocalFleet();

  /// Starts the coordinator and waits until it serves. Fails with the reason, or unavailable on an interrupt.
  Status start_coordinator();
  void start_worker();
  /// Ends worker and coordinator, the worker first, and waits for both. `is_done`: no job runs any more.
  /// Otherwise running jobs save where that is of use, until the interrupt comes once more.
  void stop(bool is_done);

 private:
  enum class Phase { idle, coordinator, both, stopping, interrupted };
  LocalFleet(Supervised coordinator, Supervised worker, bool is_kept, Interrupt& interrupt,
             std::function<void(const std::string&)> say);
  void tend();
  void tend_one(Supervised& daemon);
  void end_both(bool is_done);
  void enter(Phase phase);

  // Constant after construction.
  const bool is_kept_;
  Interrupt& interrupt_;
  const std::function<void(const std::string&)> say_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Behind mutex_.
  Phase phase_ = Phase::idle;
  bool is_serving_ = false;

  // Of thread_.
  Supervised coordinator_, worker_;
  bool has_given_up_ = false;

  std::thread thread_;
};

}  // namespace spin::cli
