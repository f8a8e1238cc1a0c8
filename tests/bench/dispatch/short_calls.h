#pragma once

#include <functional>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>
#include <nlohmann/json.hpp>

namespace spin::bench {

struct Crowd {
  int watchers = 0, transfers = 0;  ///< that run meanwhile, each on a connection of its own
  int callers = 100;                ///< who pause and resume at once
  double seconds = 10;
  std::string sweep;
};

/// How long short calls take while the crowd watches `sweep` and moves artifacts up and down: pause and
/// resume by all callers at once, and status, workers and a drain of nobody one after another.
nlohmann::json short_calls(const std::function<std::shared_ptr<grpc::Channel>()>& connect,
                           const Crowd& crowd);

}  // namespace spin::bench
