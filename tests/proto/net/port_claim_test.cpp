#include "proto/net/port_claim.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "proto/net/resolve.h"

namespace spin::net {
namespace {

/// Listens as a server does, at a numeric address.
FileDescriptor listen_at(const TcpAddress& address) {
  auto found = resolve(address);
  EXPECT_TRUE(found.ok());
  FileDescriptor server(::socket(found->front().family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  EXPECT_EQ(bind(server.get(), found->front().get(), found->front().length), 0);
  EXPECT_EQ(listen(server.get(), 1), 0);
  return server;
}

bool connects_to(const TcpAddress& address) {
  auto found = resolve(address);
  EXPECT_TRUE(found.ok());
  const FileDescriptor client(::socket(found->front().family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(client.get(), found->front().get(), found->front().length) == 0;
}

TEST(PortClaim, OfPortZeroKnowsTheOneThatTheSystemPicked) {
  const auto claim = PortClaim::take({"127.0.0.1", 0});
  ASSERT_TRUE(claim.ok()) << claim.error().message;
  EXPECT_NE(claim->address().port, 0);
  EXPECT_EQ(claim->endpoints(), std::vector<std::string>{claim->address().text()});
}

TEST(PortClaim, ListensOnce) {
  auto claim = PortClaim::take({"127.0.0.1", 0});
  ASSERT_TRUE(claim.ok()) << claim.error().message;
  const auto sockets = claim->listen();
  ASSERT_TRUE(sockets.ok()) << sockets.error().message;
  ASSERT_EQ(sockets->size(), 1U);
  EXPECT_TRUE(connects_to(claim->address()));
}

TEST(PortClaim, OfTwoThatClaimOnePortOneListens) {
  auto first = PortClaim::take({"127.0.0.1", 0});
  ASSERT_TRUE(first.ok()) << first.error().message;
  auto second = PortClaim::take(first->address());
  ASSERT_TRUE(second.ok()) << second.error().message;
  const auto sockets = first->listen();
  ASSERT_TRUE(sockets.ok()) << sockets.error().message;
  const auto refused = second->listen();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::already_exists);
}

TEST(PortClaim, EitherWildcardStandsForAllAddresses) {
  for (const char* host : {"0.0.0.0", "::"}) {
    auto claim = PortClaim::take({host, 0});
    ASSERT_TRUE(claim.ok()) << claim.error().message;
    ASSERT_EQ(claim->endpoints().size(), 1U);
    const auto sockets = claim->listen();
    ASSERT_TRUE(sockets.ok()) << sockets.error().message;
    const auto port = claim->address().port;
    EXPECT_TRUE(connects_to({"127.0.0.1", port})) << host;
    EXPECT_EQ(connects_to({"::1", port}), PortClaim::take({"::1", 0}).ok()) << host;
  }
}

TEST(PortClaim, OfAPortWhereSomebodyListensIsRefused) {
  const auto first = PortClaim::take({"127.0.0.1", 0});
  ASSERT_TRUE(first.ok()) << first.error().message;
  const auto server = listen_at(first->address());
  const auto second = PortClaim::take(first->address());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
  EXPECT_EQ(second.error().message, "port " + std::to_string(first->address().port) +
                                        " is taken: another process listens at " + first->address().text());
}

TEST(PortClaim, NeedsAnAddressOfThisMachine) {
  const auto foreign = PortClaim::take({"192.0.2.1", 0});  // RFC 5737: nobody's
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(foreign.error().message.find("192.0.2.1 is no address of this machine"), std::string::npos)
      << foreign.error().message;
}

}  // namespace
}  // namespace spin::net
