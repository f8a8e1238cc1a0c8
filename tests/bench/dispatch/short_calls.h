#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <nlohmann/json.hpp>

namespace spin::bench {

struct Crowd {
  int watchers = 0, transfers = 0;  ///< that run meanwhile, each on a connection of its own
  double seconds = 10;
  std::vector<std::string> sweeps;  ///< each has a caller who pauses and resumes it
  std::string watched;              ///< another sweep
};

/// How long short calls take while the crowd watches a sweep and moves artifacts up and down: pause and
/// resume by all callers at once, a hundred a second together, and status, workers and a drain of nobody one
/// after another.
nlohmann::json short_calls(const std::function<std::shared_ptr<grpc::Channel>()>& connect,
                           const Crowd& crowd);

}  // namespace spin::bench
