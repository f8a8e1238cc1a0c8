#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "schema/base/result.h"

namespace spin {

/// The one thread that owns the coordinator's state.
class Strand {
 public:
  /// How long a question waits for its answer.
  static constexpr std::chrono::seconds kAnswerLimit{10};

  Strand() : work_(boost::asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {}
  ~Strand() { stop(); }
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  [[nodiscard]] boost::asio::io_context& context() { return io_; }

  template <class F>
  void post(F task) {
    boost::asio::post(io_, std::move(task));
  }

  /// Runs `question` on the strand and waits for what it returns; unavailable where that takes too long. Not
  /// to be called on the strand.
  template <class F>
  auto ask(F question, std::chrono::seconds limit = kAnswerLimit) -> Result<decltype(question())> {
    using Answer = decltype(question());
    auto promise = std::make_shared<std::promise<Answer>>();
    auto answer = promise->get_future();
    post([promise, question = std::move(question)]() mutable { promise->set_value(question()); });
    return await(std::move(answer), limit);
  }

  template <class T>
  static Result<T> await(std::future<T> answer, std::chrono::seconds limit) {
    if (answer.wait_for(limit) == std::future_status::ready) return take(answer);
    return Error{ErrorCode::unavailable,
                 "the coordinator did not answer within " + std::to_string(limit.count()) + " s; try again"};
  }

  /// Runs what is posted by now and ends the thread.
  void stop() {
    if (!thread_.joinable()) return;
    post([this] { io_.stop(); });
    thread_.join();
  }

 private:
  template <class T>
  static Result<T> take(std::future<T>& answer) {
    try {
      return answer.get();
    } catch (const std::future_error&) {
      return Error{ErrorCode::unavailable, "the coordinator is stopping; try again"};
    }
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace spin
