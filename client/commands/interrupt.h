#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <signal.h>

#include "schema/base/file.h"
#include "schema/base/result.h"

namespace spin::cli {

/// Ctrl-C and its relatives as something that waiting code can look at. While one lives, SIGINT, SIGTERM and
/// SIGHUP do not end the process (those that were ignored stay so). One at a time; made before any other
/// thread, which inherits the blocked signals. Thread-safe.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Stops for another reason than a signal.
  void stop(Error why);
  [[nodiscard]] bool stopped() const;
  /// Whether a signal came after that, too.
  [[nodiscard]] bool came_again() const;
  /// The signal that came, or 0.
  [[nodiscard]] int signal() const;
  /// Set where stop() came first.
  [[nodiscard]] std::optional<Error> error() const;
  /// Waits; true as soon as it is stopped.
  bool wait_for(std::chrono::milliseconds time) const;

  /// While it lives, `action` is called when the interrupt comes, or at once where it has come already.
  class OnStop {
   public:
    OnStop(Interrupt& interrupt, std::function<void()> action);
    ~OnStop();
    OnStop(const OnStop&) = delete;
    OnStop& operator=(const OnStop&) = delete;

   private:
    Interrupt& interrupt_;
    int key_ = 0;
  };

 private:
  void listen();
  void trip(int signal, std::optional<Error> why);

  // Constant after construction.
  sigset_t caught_{};
  sigset_t before_{};
  FileDescriptor signals_, wake_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Behind mutex_.
  bool stopped_ = false;
  bool came_again_ = false;
  int signal_ = 0;
  std::optional<Error> error_;
  std::map<int, std::function<void()>> actions_;
  int next_key_ = 0;

  std::thread thread_;
};

}  // namespace spin::cli
