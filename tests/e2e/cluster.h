#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace spin {

/// A real spind and a real spin-worker with real trainers, in a folder of their own, and spinctl to talk to
/// them.
class Cluster {
 public:
  explicit Cluster(const std::string& mark, std::vector<std::string> spind_options = {});

  void start_spind();
  void start_worker();
  /// Beside the one that every cluster has, w1, with a log and a state of its own.
  [[nodiscard]] Process another_worker(const std::string& name) const;
  [[nodiscard]] Process& spind() { return *spind_; }
  [[nodiscard]] Process& worker() { return *worker_; }

  /// `spinctl --connect <this one> ARGS`.
  [[nodiscard]] Finished spinctl(const std::vector<std::string>& args) const;
  /// The same with `--format json`; null where it failed.
  [[nodiscard]] nlohmann::json spinctl_json(std::vector<std::string> args) const;

  [[nodiscard]] const std::string& mark() const { return mark_; }
  [[nodiscard]] const TempFolder& folder() const { return folder_; }
  /// Both daemons asked to stop, and gone.
  void stop();

 private:
  std::string mark_;
  const std::vector<std::string> spind_options_;
  TempFolder folder_;
  std::unique_ptr<Process> spind_;
  std::unique_ptr<Process> worker_;
};

/// The quickstart's sweep, cut down to seconds a job.
std::vector<std::string> small_quickstart_args();
/// The sweep has no job that may still run.
bool sweep_is_over(const Cluster& cluster, const std::string& sweep);
/// A mark that no other test of this machine has.
std::string unique_mark();

}  // namespace spin
