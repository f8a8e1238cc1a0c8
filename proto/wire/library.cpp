#include "proto/wire/library.h"

#include <cstdlib>
#include <iostream>
#include <string>

#include <grpc/grpc.h>
#include <grpc/support/log.h>

namespace spin::wire {

void keep_grpc() {
  [[maybe_unused]] static const bool kept = [] {
    grpc_init();
    return true;
  }();
}

void hush_grpc() {
  if (std::getenv("GRPC_VERBOSITY") != nullptr) return;
  gpr_set_log_function([](gpr_log_func_args* line) {
    if (!is_last_line(line->message)) return;
    std::cerr << "gRPC: " + std::string(line->message) + " (" + line->file + ":" +
                     std::to_string(line->line) + ")\n";
  });
}

bool is_last_line(std::string_view message) { return message.starts_with("assertion failed"); }

}  // namespace spin::wire
