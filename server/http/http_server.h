#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "schema/base/result.h"

namespace spin {

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// Serves GET and HEAD on a Unix socket that only its owner can reach. Requests have no body, their headers
/// are bounded, and a client that is slow or idle is cut off.
class HttpServer {
 public:
  /// Runs on the thread of `io` and gets the path and query of the request.
  using Handler = std::function<HttpReply(std::string_view target)>;

  static constexpr std::size_t kMaxHeaderBytes = 8 << 10;
  static constexpr int kMaxConnections = 32;

  /// `address` is "unix:PATH"; errors as SocketClaim::take(). `io` is run by one thread and outlives the
  /// server.
  static Result<std::unique_ptr<HttpServer>> start(boost::asio::io_context& io, const std::string& address,
                                                   Handler handler);
  /// Stops listening and removes the socket. Call it while nobody runs `io`, or on its thread.
  ~HttpServer();

 private:
  class Listener;
  explicit HttpServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}
  std::shared_ptr<Listener> listener_;
};

}  // namespace spin
