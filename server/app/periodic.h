#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace spin {

/// Does something again and again. Used on the strand.
class Periodic {
 public:
  Periodic(boost::asio::io_context& io, std::chrono::steady_clock::duration period,
           std::function<void()> task)
      : period_(period), task_(std::move(task)), timer_(io) {}

  /// At once, and then after each period until stop().
  void start() {
    task_();
    timer_.expires_after(period_);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled && !stopped_) start();
    });
  }
  void stop() {
    stopped_ = true;
    timer_.cancel();
  }

 private:
  const std::chrono::steady_clock::duration period_;
  const std::function<void()> task_;
  boost::asio::steady_timer timer_;
  bool stopped_ = false;
};

}  // namespace spin
