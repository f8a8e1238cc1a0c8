#include "server/http/http_server.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <sys/socket.h>

#include "server/http/http_claim.h"
#include "server/http/target.h"
#include "server/listen/listener.h"

namespace spin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
/// Of a Unix socket or of TCP: all that counts here is that it is a stream.
using Protocol = asio::generic::stream_protocol;
using Stream = beast::basic_stream<Protocol>;

constexpr std::chrono::seconds kTimeout{10};

/// Of one connection among kMaxConnections, from when it is accepted until it is gone.
using Place = std::shared_ptr<void>;

HttpReply answer(const http::request<http::empty_body>& request, const HttpServer::Handler& handler) {
  if (request.method() == http::verb::get || request.method() == http::verb::head)
    return handler(path_of_target({request.target().data(), request.target().size()}));
  return {.status = 405, .body = "GET and HEAD are accepted\n"};
}

/// One connection; keeps itself alive through its pending operation.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Protocol::socket socket, std::shared_ptr<const HttpServer::Handler> handler, Place place)
      : stream_(std::move(socket)), handler_(std::move(handler)), place_(std::move(place)) {}

  void read() {
    parser_.emplace();
    parser_->header_limit(HttpServer::kMaxHeaderBytes);
    stream_.expires_after(kTimeout);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->respond(error); });
  }

 private:
  void respond(beast::error_code error) {
    if (error == http::error::end_of_stream || error == beast::error::timeout) return;
    const bool readable = !error;
    HttpReply reply = readable ? answer(parser_->get(), *handler_)
                               : HttpReply{.status = 400, .body = "bad request: " + error.message() + "\n"};
    response_ = {};
    response_.result(reply.status);
    response_.version(11);
    response_.set(http::field::content_type, reply.content_type);
    if (reply.status == 405) response_.set(http::field::allow, "GET, HEAD");
    response_.keep_alive(readable && parser_->get().keep_alive());
    response_.content_length(reply.body.size());
    if (!readable || parser_->get().method() != http::verb::head) response_.body() = std::move(reply.body);
    stream_.expires_after(kTimeout);
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code failed, std::size_t) {
      if (!failed && self->response_.keep_alive()) self->read();
    });
  }

  Stream stream_;
  std::shared_ptr<const HttpServer::Handler> handler_;
  Place place_;
  beast::flat_buffer buffer_{2 * HttpServer::kMaxHeaderBytes};
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
};

/// Every connection that comes in becomes one of `io`, while there are not too many.
Listener::Accepted serve_on(asio::io_context& io, HttpServer::Handler handler) {
  const auto shared = std::make_shared<const HttpServer::Handler>(std::move(handler));
  const auto taken = std::make_shared<std::atomic<int>>(0);
  return [&io, shared, taken](FileDescriptor descriptor) {
    Place place(taken.get(), [taken](void*) { --*taken; });
    if (++*taken > HttpServer::kMaxConnections) return;
    asio::post(io, [&io, shared, place = std::move(place), descriptor = std::move(descriptor)]() mutable {
      int family = AF_UNSPEC;
      socklen_t length = sizeof family;
      getsockopt(descriptor.get(), SOL_SOCKET, SO_DOMAIN, &family, &length);
      Protocol::socket socket(io);
      beast::error_code error;
      socket.assign(Protocol(family, 0), descriptor.get(), error);
      if (error) return;
      descriptor.release();
      std::make_shared<Connection>(std::move(socket), shared, std::move(place))->read();
    });
  };
}

}  // namespace

HttpServer::HttpServer(asio::io_context& io, std::string address, std::unique_ptr<Listener> listener)
    : address_(std::move(address)), work_(asio::make_work_guard(io)), listener_(std::move(listener)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(boost::asio::io_context& io, const std::string& address,
                                                      Handler handler) {
  SPIN_ASSIGN(HttpClaim claim, HttpClaim::take(address));
  std::vector<Listener::Entrance> entrances;
  entrances.push_back({std::move(claim.door), serve_on(io, std::move(handler))});
  SPIN_ASSIGN(auto listener, Listener::start(std::move(entrances)));
  return std::unique_ptr<HttpServer>(new HttpServer(io, std::move(claim.address), std::move(listener)));
}

HttpServer::~HttpServer() = default;

}  // namespace spin
