#include "server/http/http_server.h"

#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "server/http/http_claim.h"
#include "server/http/target.h"

namespace spin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
/// Of a Unix socket or of TCP: all that counts here is that it is a stream.
using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol>;
using Stream = beast::basic_stream<Protocol>;

constexpr std::chrono::seconds kTimeout{10};
/// Pause after an accept that failed for want of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{200};

HttpReply answer(const http::request<http::empty_body>& request, const HttpServer::Handler& handler) {
  if (request.method() == http::verb::get || request.method() == http::verb::head)
    return handler(path_of_target({request.target().data(), request.target().size()}));
  return {.status = 405, .body = "GET and HEAD are accepted\n"};
}

/// One connection; keeps itself alive through its pending operation.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Protocol::socket socket, std::shared_ptr<const HttpServer::Handler> handler,
             std::shared_ptr<int> connections)
      : stream_(std::move(socket)), handler_(std::move(handler)), connections_(std::move(connections)) {
    ++*connections_;
  }
  ~Connection() { --*connections_; }

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
  std::shared_ptr<int> connections_;
  beast::flat_buffer buffer_{2 * HttpServer::kMaxHeaderBytes};
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

class HttpServer::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::io_context& io, std::shared_ptr<const Handler> handler, std::shared_ptr<int> connections)
      : handler_(std::move(handler)), connections_(std::move(connections)), acceptor_(io), pause_(io) {}

  Status start(FileDescriptor listening) {
    sockaddr_storage where{};
    socklen_t length = sizeof where;
    beast::error_code error;
    if (getsockname(listening.get(), reinterpret_cast<sockaddr*>(&where), &length) == 0)
      acceptor_.assign(Protocol(where.ss_family, 0), listening.get(), error);
    if (!acceptor_.is_open()) return Error{ErrorCode::internal, "--http: " + error.message()};
    listening.release();
    accept();
    return {};
  }

  void close() {
    beast::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  void accept() {
    acceptor_.async_accept([weak = weak_from_this()](beast::error_code error, Protocol::socket socket) {
      if (const auto self = weak.lock()) self->accepted(error, std::move(socket));
    });
  }

  void accepted(beast::error_code error, Protocol::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (error) {
      pause_.expires_after(kAcceptPause);
      return pause_.async_wait([weak = weak_from_this()](beast::error_code cancelled) {
        const auto self = weak.lock();
        if (!cancelled && self) self->accept();
      });
    }
    if (*connections_ < kMaxConnections)
      std::make_shared<Connection>(std::move(socket), handler_, connections_)->read();
    accept();
  }

  std::shared_ptr<const Handler> handler_;
  std::shared_ptr<int> connections_;
  Acceptor acceptor_;
  asio::steady_timer pause_;
};

HttpServer::HttpServer(HttpClaim claim) : claim_(std::make_unique<HttpClaim>(std::move(claim))) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(boost::asio::io_context& io, const std::string& address,
                                                      Handler handler) {
  SPIN_ASSIGN(HttpClaim claim, HttpClaim::take(address));
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(claim)));
  const auto shared = std::make_shared<const Handler>(std::move(handler));
  const auto connections = std::make_shared<int>(0);
  for (auto& listening : server->claim_->take_listening()) {
    auto listener = std::make_shared<Listener>(io, shared, connections);
    SPIN_TRY(listener->start(std::move(listening)));
    server->listeners_.push_back(std::move(listener));
  }
  return server;
}

HttpServer::~HttpServer() {
  for (const auto& listener : listeners_) listener->close();
}

const std::string& HttpServer::address() const { return claim_->text(); }

}  // namespace spin
