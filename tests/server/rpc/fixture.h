#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "server/rpc/server.h"
#include "spin/v1/control.grpc.pb.h"
#include "spin/v1/fleet.grpc.pb.h"
#include "tests/server/rpc/memory_backend.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace spin {

/// A deadline that only a broken server reaches.
inline void set_deadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

/// The services over a real socket, with a coordinator in memory and real artifacts.
class RpcTest : public testing::Test {
 protected:
  void SetUp() override {
    auto artifacts = ArtifactStore::open(folder_ / "artifacts");
    ASSERT_TRUE(artifacts.ok()) << artifacts.error().message;
    artifacts_ = std::move(*artifacts);
    start();
  }

  void start() {
    auto server = start_at({address()});
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
    channel_ = grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
    fleet_ = v1::Fleet::NewStub(channel_);
    control_ = v1::Control::NewStub(channel_);
  }

  Result<std::unique_ptr<Server>> start_at(const std::vector<std::string>& addresses,
                                           const net::TlsFiles& tls = {}) {
    SPIN_ASSIGN(ListenClaim claim, ListenClaim::take(addresses, tls));
    addresses_ = claim.addresses();
    return Server::start(std::move(claim), backend_, backend_, *artifacts_);
  }

  [[nodiscard]] std::string socket() const { return (folder_ / "s.sock").string(); }
  [[nodiscard]] std::string address() const { return "unix:" + socket(); }

  TempFolder folder_;
  MemoryBackend backend_{3};
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<Server> server_;
  std::vector<std::string> addresses_;  ///< of the last server
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Fleet::Stub> fleet_;
  std::unique_ptr<v1::Control::Stub> control_;
};

}  // namespace spin
