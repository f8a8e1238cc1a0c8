#pragma once

#include <list>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

namespace spin {

/// What a partition lets through no more.
enum class Cut { nothing, to_coordinator, to_worker, both };

/// Passes bytes between those who connect to it and a server, and holds them back while a direction is cut:
/// nothing is lost on the way, as TCP would have it, only late, and neither side learns that the other has
/// closed. A thread of its own.
class Proxy {
 public:
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;

  /// Listens at `here`, where a port of zero is any free one.
  Proxy(const Endpoint& here, const Endpoint& server);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  void cut(Cut what);
  [[nodiscard]] Endpoint address() const { return acceptor_.local_endpoint(); }

 private:
  using Socket = boost::asio::generic::stream_protocol::socket;
  class Connection;

  void accept();

  const Endpoint server_;
  boost::asio::io_context io_{1};
  boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol> acceptor_;

  // On the thread.
  Cut cut_ = Cut::nothing;
  std::list<std::shared_ptr<Connection>> connections_;

  std::thread thread_;
};

}  // namespace spin
