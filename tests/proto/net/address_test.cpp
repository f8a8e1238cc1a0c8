#include "proto/net/address.h"

#include <gtest/gtest.h>

namespace spin::net {
namespace {

TcpAddress tcp(const std::string& text) {
  const auto address = parse_address(text);
  EXPECT_TRUE(address.ok()) << text << ": " << (address.ok() ? "" : address.error().message);
  const auto* found = address.ok() ? std::get_if<TcpAddress>(&*address) : nullptr;
  return found != nullptr ? *found : TcpAddress{};
}

TEST(Address, IsASocketOrAHostWithAPort) {
  const auto local = parse_address("unix:/run/spin/spind.sock");
  ASSERT_TRUE(local.ok());
  EXPECT_EQ(std::get<UnixAddress>(*local).path, "/run/spin/spind.sock");
  EXPECT_EQ(tcp("gpu1.example.org:7443").host, "gpu1.example.org");
  EXPECT_EQ(tcp("gpu1.example.org:7443").port, 7443);
  EXPECT_EQ(tcp("0.0.0.0:0").port, 0);
  EXPECT_EQ(tcp("[::1]:65535").host, "::1");
  EXPECT_EQ(tcp("[::1]:65535").port, 65535);
  EXPECT_EQ(tcp("[fe80::1%eth0]:1").host, "fe80::1%eth0");
}

TEST(Address, IsWrittenAsItIsRead) {
  for (const auto* text : {"localhost:7443", "10.0.0.1:1", "[::1]:7443"}) EXPECT_EQ(tcp(text).text(), text);
}

TEST(Address, ThatIsNoneIsRefusedWithTheReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"gpu1", "the port is missing"},
      {"/run/spin/spind.sock", "a socket's path stands after unix:"},
      {":7443", "the host is missing"},
      {"::1:7443", "an IPv6 host stands in brackets"},
      {"[::1]", "there is no ]:PORT after the ["},
      {"[::1:7443", "there is no ]:PORT after the ["},
      {"[]:7443", "the host is missing"},
      {"gpu1:", "'' is no port from 0 to 65535"},
      {"gpu1:65536", "'65536' is no port from 0 to 65535"},
      {"gpu1:-1", "'-1' is no port from 0 to 65535"},
      {"gpu1:74a", "'74a' is no port from 0 to 65535"},
      {"https://gpu1:7443", "a / in its host"},
      {"gpu 1:7443", "its host is no name and no IP address"},
      {"unix:", "names no socket"},
      {"", "the port is missing"},
  };
  for (const auto& [text, reason] : cases) {
    const auto address = parse_address(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(address.error().message.find(reason), std::string::npos) << address.error().message;
  }
  EXPECT_FALSE(parse_address(std::string(300, 'a') + ":7443").ok());
  EXPECT_FALSE(parse_address(std::string("a\0b:1", 5)).ok());
}

}  // namespace
}  // namespace spin::net
