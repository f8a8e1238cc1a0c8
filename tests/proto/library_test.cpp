#include "proto/wire/library.h"

#include <csignal>
#include <cstdlib>

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

namespace spin {
namespace {

TEST(GrpcLibrary, IsSilentButForWhyItAborts) {
  const auto use_grpc = [] {
    ::unsetenv("GRPC_VERBOSITY");
    wire::hush_grpc();
    grpc_init();
    gpr_log(GPR_ERROR, "a stranger's handshake failed");
    GPR_ASSERT(1 > 2);
  };
  EXPECT_EXIT(use_grpc(), testing::KilledBySignal(SIGABRT), "^gRPC: assertion failed: 1 > 2 \\(");
}

}  // namespace
}  // namespace spin
