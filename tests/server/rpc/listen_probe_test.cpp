#include "server/rpc/listen_probe.h"

#include <cstring>
#include <ranges>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "schema/base/file.h"
#include "server/rpc/listen_claim.h"
#include "tests/support/authority.h"
#include "tests/support/temp_folder.h"

namespace spin {
namespace {

constexpr std::chrono::milliseconds kShort{50};

FileDescriptor listen_at(const std::string& path) {
  FileDescriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  EXPECT_EQ(bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(listener.get(), 1), 0);
  return listener;
}

TEST(ListenProbe, ASocketThatIsNotThereIsNamed) {
  const TempFolder folder;
  const Status found = probe_listener("unix:" + (folder / "s.sock").string(), kShort);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::unavailable);
  EXPECT_NE(found.error().message.find("s.sock: No such file"), std::string::npos) << found.error().message;
}

TEST(ListenProbe, ASocketOnWhichNobodyAcceptsIsDeaf) {
  const TempFolder folder;
  const auto listener = listen_at((folder / "s.sock").string());
  const Status found = probe_listener("unix:" + (folder / "s.sock").string(), kShort);
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message.find("no answer"), std::string::npos) << found.error().message;
}

TEST(ListenProbe, ATcpPortWithoutAListenerIsRefused) {
  const Status found = probe_listener("127.0.0.1:1", kShort);
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message.find("127.0.0.1:1"), std::string::npos);
}

TEST(ListenProbe, WaitsForNoNameService) {
  const Status found = probe_listener("localhost:1", kShort);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().message.find("refused"), std::string::npos) << found.error().message;
}

TEST(ListenProbe, TakesTheEndpointsOfAClaim) {
  const TempFolder folder;
  const Authority authority;
  const auto claim =
      ListenClaim::take({"unix:" + (folder / "s.sock").string(), "localhost:0"}, authority.issue("spind"));
  ASSERT_TRUE(claim.ok()) << claim.error().message;
  ASSERT_GE(claim->endpoints().size(), 2U);
  EXPECT_EQ(claim->endpoints()[0], claim->addresses()[0]);
  for (const auto& endpoint : claim->endpoints() | std::views::drop(1)) {
    const Status found = probe_listener(endpoint, kShort);
    ASSERT_FALSE(found.ok());
    EXPECT_NE(found.error().message.find(endpoint + ": Connection refused"), std::string::npos)
        << found.error().message;
  }
}

}  // namespace
}  // namespace spin
