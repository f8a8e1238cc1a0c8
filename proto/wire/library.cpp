#include "proto/wire/library.h"

#include <grpc/grpc.h>

namespace spin::wire {

void keep_grpc() {
  [[maybe_unused]] static const bool kept = [] {
    grpc_init();
    return true;
  }();
}

}  // namespace spin::wire
