#include <string>

#include <gtest/gtest.h>

#include "proto/net/endpoint.h"
#include "tests/server/rpc/fixture.h"

namespace spin {
namespace {

using std::chrono::seconds;

// gRPC would take such an address for a list.
TEST_F(RpcTest, APathWithCommasLeadsToItsSocketAlsoOnceThatWasMadeAnew) {
  for (const std::string name : {"a,b", ",", "50%,a#b?c,d"}) {
    server_.reset();
    const std::string address = "unix:" + (folder_ / name).string();
    const auto endpoint = net::Endpoint::make({address, {}});
    ASSERT_TRUE(endpoint.ok()) << endpoint.error().message;
    const auto control = v1::Control::NewStub(endpoint->connect({}));  // before there is a socket
    for (int round = 0; round < 3; ++round) {
      auto server = start_at({address});
      ASSERT_TRUE(server.ok()) << server.error().message;
      server_ = std::move(*server);
      grpc::Status status;
      EXPECT_TRUE(eventually(seconds(30),
                             [&] {
                               endpoint->look_again();
                               grpc::ClientContext context;
                               set_deadline(context);
                               v1::GetStatusResponse response;
                               status = control->GetStatus(&context, {}, &response);
                               return status.ok();
                             }))
          << name << ": " << status.error_message();
      server_.reset();
    }
  }
}

}  // namespace
}  // namespace spin
