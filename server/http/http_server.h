#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "schema/base/result.h"

namespace spin {

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

class Listener;

/// Serves GET and HEAD to this machine: on a Unix socket that only its owner can reach, and that comes back
/// with its folder, or on a loopback port. Requests have no body, their headers are bounded, and a client
/// that is slow or idle is cut off.
class HttpServer {
 public:
  /// Runs on the thread of `io` and gets the path of the request, as path_of_target() has it.
  using Handler = std::function<HttpReply(std::string_view path)>;

  static constexpr std::size_t kMaxHeaderBytes = 8 << 10;
  static constexpr int kMaxConnections = 32;

  /// `address` and errors as HttpClaim::take(). `io` is run by one thread and outlives the server.
  static Result<std::unique_ptr<HttpServer>> start(boost::asio::io_context& io, const std::string& address,
                                                   Handler handler);
  /// Stops listening and removes the socket. Call it while nobody runs `io`, or on its thread.
  ~HttpServer();

  /// Where it can be reached: "unix:PATH" or "http://HOST:PORT".
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  HttpServer(boost::asio::io_context& io, std::string address, std::unique_ptr<Listener> listener);

  const std::string address_;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      work_;  ///< io's thread stays
  const std::unique_ptr<Listener> listener_;
};

}  // namespace spin
