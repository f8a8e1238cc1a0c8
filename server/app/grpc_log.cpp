#include "server/app/grpc_log.h"

#include <chrono>
#include <mutex>

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

#include "proto/wire/library.h"

namespace spin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kWindow{1};
constexpr int kLinesPerWindow = 20;

/// Lets so many lines through in each window. Thread-safe.
class Gate {
 public:
  struct Pass {
    bool is_open = false;
    int left_out = 0;  ///< lines of the window before
  };
  Pass next(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    Pass pass;
    if (now >= end_) {
      pass.left_out = lines_ > kLinesPerWindow ? lines_ - kLinesPerWindow : 0;
      end_ = now + kWindow;
      lines_ = 0;
    }
    pass.is_open = ++lines_ <= kLinesPerWindow;
    return pass;
  }

 private:
  std::mutex mutex_;
  // Behind the lock.
  Clock::time_point end_;
  int lines_ = 0;
};

void write_line(gpr_log_func_args* args) {
  static Gate gate;
  const auto pass = gate.next(Clock::now());
  if (pass.left_out > 0) spdlog::warn("gRPC: {} more lines were left out", pass.left_out);
  if (pass.is_open || wire::is_last_line(args->message)) spdlog::warn("gRPC: {}", args->message);
}

}  // namespace

void log_grpc() { gpr_set_log_function(write_line); }

}  // namespace spin
