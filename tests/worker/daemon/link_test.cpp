#include "worker/daemon/link.h"

#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "schema/base/file.h"
#include "tests/support/temp_folder.h"

namespace spin {
namespace {

/// A socket to which anyone can connect, and where nobody answers.
FileDescriptor listen_in_silence(const std::string& path) {
  FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool listens =
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(listener.get(), 64) == 0;
  if (!listens) listener.reset();
  return listener;
}

// Who lets the last hold on a channel go waits for gRPC's threads, and a thread that waited for itself would
// abort the process.
TEST(Link, HasLetGoOfItsChannelWhereverItWasWhenItIsGone) {
  const TempFolder folder;
  const std::string path = (folder / "sock").string();
  const FileDescriptor listener = listen_in_silence(path);
  ASSERT_TRUE(listener.is_open());
  const auto endpoint = net::Endpoint::make({"unix:" + path, {}});
  ASSERT_TRUE(endpoint.ok());
  const auto channel = daemon::open_channel(*endpoint);
  // What waits to be sent takes a while to be destroyed.
  const SequencedReport log{0,
                            {{}, {1, 1}, LogLines{std::vector<std::string>(1000, "a line of some length")}}};
  for (int round = 0; round < 20; ++round) {
    boost::asio::io_context io;
    {
      daemon::Link link(
          io, channel, *endpoint, [](const CoordinatorMessage&) {}, [](const Error&) {});
      link.open(WorkerHello{});
      for (int i = 0; i < 50; ++i) link.send(log);
    }
    ASSERT_EQ(channel.use_count(), 1) << "round " << round;
  }
}

}  // namespace
}  // namespace spin
