#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "proto/net/endpoint.h"
#include "schema/job/report.h"
#include "schema/job/trainer_link.h"

namespace spin::daemon {

/// What SIGTERM and its relatives do.
enum class OnTerm {
  stop,   ///< running jobs save and are given back
  drain,  ///< running jobs finish first; the next signal stops
};

/// What `spin-worker` was asked for.
struct Options {
  net::CoordinatorAddress connect;
  std::string name;
  std::vector<DeviceOffer> devices{};
  int slots = 1;                      ///< on each device
  int threads = 1;                    ///< per slot
  std::vector<std::string> labels{};  ///< sorted, each once
  std::string data;                   ///< folder of data sets for the trainers; empty = the configurations'
  std::string trainer;                ///< program; without a slash it is looked for in PATH
  std::filesystem::path state;
  int checkpoint_seconds = kCheckpointSeconds;  ///< see RunCommand
  int save_seconds = 600;                       ///< that a job may take from being told to save until it has
  OnTerm on_term = OnTerm::stop;
  std::int64_t cache_bytes = std::int64_t{20} << 30;
  int parent_pid = 0;  ///< of the process without which this worker shall not live; 0 = none
  int ready_fd = -1;   ///< gets a newline at the first welcome; -1 = nobody asks
};

}  // namespace spin::daemon
