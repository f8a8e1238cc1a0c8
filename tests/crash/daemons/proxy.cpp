#include "tests/crash/daemons/proxy.h"

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace spin {

using boost::system::error_code;

/// Two sockets and what is on its way between them.
class Proxy::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket client, Socket server)
      : up_{std::move(client), {}, 0, false}, down_{std::move(server), {}, 0, false} {}

  [[nodiscard]] bool is_open() const { return up_.socket.is_open(); }

  void start(Cut what) {
    what_ = what;
    read(up_, down_);
    read(down_, up_);
  }

  void cut(Cut what) {
    what_ = what;
    go_on(up_, down_);
    go_on(down_, up_);
  }

 private:
  /// One direction: what was read of `socket` and is not yet written to the other.
  struct Way {
    Socket socket;
    std::array<char, 16384> block;
    std::size_t held_bytes;
    bool held;  ///< something was read, bytes or the end (no bytes), while the way is cut
  };

  [[nodiscard]] bool is_cut(const Way& from) const {
    return what_ == Cut::both || what_ == (&from == &up_ ? Cut::to_coordinator : Cut::to_worker);
  }

  void read(Way& from, Way& to) {
    from.socket.async_read_some(
        boost::asio::buffer(from.block),
        [self = shared_from_this(), this, &from, &to](const error_code& error, std::size_t count) {
          from.held_bytes = error ? 0 : count;
          from.held = true;
          go_on(from, to);
        });
  }

  void go_on(Way& from, Way& to) {
    if (!from.held || is_cut(from)) return;
    from.held = false;
    if (from.held_bytes == 0) return close();
    boost::asio::async_write(
        to.socket, boost::asio::buffer(from.block, from.held_bytes),
        [self = shared_from_this(), this, &from, &to](const error_code& error, std::size_t) {
          if (!error) return read(from, to);
          // That the other side has closed is told on the way back.
          if (!std::exchange(to.held, true)) to.held_bytes = 0;
          go_on(to, from);
        });
  }

  /// Both ends: no protocol here goes on with half a connection.
  void close() {
    error_code ignored;
    up_.socket.close(ignored);
    down_.socket.close(ignored);
  }

  Way up_, down_;
  Cut what_ = Cut::nothing;
};

Proxy::Proxy(const Endpoint& here, const Endpoint& server) : server_(server), acceptor_(io_, here) {
  accept();
  thread_ = std::thread([this] { io_.run(); });
}

Proxy::~Proxy() {
  io_.stop();
  thread_.join();
}

void Proxy::cut(Cut what) {
  boost::asio::post(io_, [this, what] {
    cut_ = what;
    for (const auto& connection : connections_) connection->cut(what);
  });
}

void Proxy::accept() {
  acceptor_.async_accept([this](const error_code& error, Socket client) {
    if (error) return;
    connections_.remove_if([](const auto& connection) { return !connection->is_open(); });
    Socket server(io_);
    error_code refused;
    server.connect(server_, refused);
    // Where nobody listens, the client's connection ends at once.
    if (!refused) {
      connections_.push_back(std::make_shared<Connection>(std::move(client), std::move(server)));
      connections_.back()->start(cut_);
    }
    accept();
  });
}

}  // namespace spin
