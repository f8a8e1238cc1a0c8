#include "server/rpc/server.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "schema/base/paths.h"
#include "schema/base/unix_socket.h"
#include "tests/server/rpc/fixture.h"

namespace spin {
namespace {

void expect_error(const Status& status, ErrorCode code, const std::string& part) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, code);
  EXPECT_NE(status.error().message.find(part), std::string::npos) << status.error().message;
}

class ServerSocket : public RpcTest {
 protected:
  Status try_start(const std::string& other_address) {
    auto server = start_at({other_address});
    return server.ok() ? Status() : Status(server.error());
  }
};

TEST_F(ServerSocket, IsForItsOwnerOnly) {
  struct stat status {};
  ASSERT_EQ(stat(socket().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0077, 0U);
}

TEST_F(ServerSocket, GoesWhenTheServerStopsAndCanBeHadAgain) {
  server_->stop();
  EXPECT_FALSE(std::filesystem::exists(socket()));
  server_.reset();
  start();
  grpc::ClientContext context;
  v1::GetStatusResponse response;
  EXPECT_TRUE(control_->GetStatus(&context, {}, &response).ok());
}

TEST_F(ServerSocket, OfARunningServerIsTaken) {
  expect_error(try_start(address()), ErrorCode::already_exists, "is taken by a running server");
  grpc::ClientContext context;
  v1::GetStatusResponse response;
  EXPECT_TRUE(control_->GetStatus(&context, {}, &response).ok()) << "the first server is not disturbed";
}

TEST_F(ServerSocket, OfAnyOtherProgramIsTaken) {
  const std::string path = (folder_ / "other.sock").string();
  const FileDescriptor other(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::memcpy(where.sun_path, path.c_str(), path.size() + 1);
  ASSERT_EQ(bind(other.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  ASSERT_EQ(listen(other.get(), 1), 0);
  expect_error(try_start("unix:" + path), ErrorCode::already_exists, "is taken by a running server");
}

TEST_F(ServerSocket, ThatNobodyServesIsReplaced) {
  const std::string path = (folder_ / "stale.sock").string();
  {
    const FileDescriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::memcpy(where.sun_path, path.c_str(), path.size() + 1);
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  const Status status = try_start("unix:" + path);
  EXPECT_TRUE(status.ok()) << status.error().message;
}

TEST_F(ServerSocket, DoesNotReplaceAFile) {
  const std::string path = (folder_ / "notes.txt").string();
  std::ofstream(path) << "precious";
  expect_error(try_start("unix:" + path), ErrorCode::already_exists, path + " exists and is not a socket");
  std::string text;
  std::ifstream(path) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(ServerSocket, NeedsAFolderThatOthersCannotWrite) {
  const auto open_folder = folder_ / "open";
  std::filesystem::create_directory(open_folder);
  chmod(open_folder.c_str(), 0777);
  expect_error(try_start("unix:" + (open_folder / "s.sock").string()), ErrorCode::invalid_argument,
               "others may write to folder");
  expect_error(try_start("unix:" + (folder_ / "missing/s.sock").string()), ErrorCode::invalid_argument,
               "missing");
}

TEST_F(ServerSocket, RefusesTcpWithoutCertificatesAndSaysWhatIsMissing) {
  expect_error(try_start("127.0.0.1:0"), ErrorCode::invalid_argument,
               "missing --tls-cert, --tls-key, --tls-ca");
  expect_error(try_start("unix:"), ErrorCode::invalid_argument, "names no socket");
}

TEST_F(ServerSocket, RefusesAPathThatTheKernelWouldCut) {
  const std::string path = (folder_ / std::string(108 - folder_.path().string().size() - 1, 'x')).string();
  ASSERT_EQ(path.size(), 108U);
  expect_error(try_start("unix:" + path), ErrorCode::invalid_argument,
               "has 108 bytes; the kernel takes at most 107");
  const Status fits = try_start("unix:" + path.substr(0, 107));
  EXPECT_TRUE(fits.ok()) << fits.error().message;
}

TEST_F(ServerSocket, AnswersHealthChecks) {
  // grpc.health.v1.Health/Check with an empty request; SERVING is field 1 = 1.
  grpc::ClientContext context;
  set_deadline(context);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel_);
  const grpc::Slice empty("");
  grpc::ByteBuffer request(&empty, 1);
  const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  ASSERT_TRUE(status.ok()) << status.error_message();
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(response.Dump(&slices).ok());
  std::string bytes;
  for (const auto& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  EXPECT_EQ(bytes, std::string("\x08\x01"));
}

TEST(DefaultPaths, FollowTheEnvironment) {
  setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(default_listen_address(), "unix:/run/user/7/spin/spind.sock");
  EXPECT_EQ(default_database_path(), "/state/spin/spind.db");
  unsetenv("XDG_RUNTIME_DIR");
  unsetenv("XDG_STATE_HOME");
  setenv("HOME", "/home/somebody", 1);
  EXPECT_EQ(default_listen_address(), "unix:/tmp/spin-" + std::to_string(geteuid()) + "/spind.sock");
  EXPECT_EQ(default_database_path(), "/home/somebody/.local/state/spin/spind.db");
}

}  // namespace
}  // namespace spin
