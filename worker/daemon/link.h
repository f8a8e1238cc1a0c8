#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <grpcpp/channel.h>

#include "proto/net/endpoint.h"
#include "schema/job/session.h"

namespace spin::daemon {

/// Channel to the coordinator: short reconnect back-off, keepalive.
std::shared_ptr<grpc::Channel> open_channel(const net::Endpoint& endpoint);

/// The worker's stream to the coordinator. Used from the strand; gRPC's threads convert and post to it.
class Link {
 public:
  using OnMessage = std::function<void(CoordinatorMessage)>;
  using OnLost = std::function<void(Error)>;

  /// The handlers run on the strand, and never for a stream that close() or another open() has ended.
  /// `channel` leads to `endpoint`.
  Link(boost::asio::io_context& io, std::shared_ptr<grpc::Channel> channel, net::Endpoint endpoint,
       OnMessage on_message, OnLost on_lost);
  ~Link();

  void open(const WorkerHello& hello);
  /// Dropped where no stream is open; so is progress while many messages wait for a slow peer.
  void send(const WorkerMessage& message);
  /// No handler is called for the stream any more.
  void close();

 private:
  class Stream;
  class Running;
  class Reasons;
  void receive(const std::vector<CoordinatorMessage>& messages, std::uint64_t generation);

  boost::asio::io_context& io_;
  const std::shared_ptr<grpc::Channel> channel_;
  const net::Endpoint endpoint_;
  const OnMessage on_message_;
  const OnLost on_lost_;
  const std::shared_ptr<Running> running_;
  const std::shared_ptr<Reasons> reasons_;
  std::shared_ptr<Stream> stream_;
  std::uint64_t generation_ = 0;  ///< of the stream that may call the handlers
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace spin::daemon
