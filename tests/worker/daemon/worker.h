#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"
#include "tests/worker/daemon/coordinator.h"

namespace spin {

/// A coordinator in memory and real workers with fake trainers, in a folder of their own.
class Fleet {
 public:
  static constexpr std::chrono::seconds kDeadline{20};

  Fleet();

  /// The worker of this fleet, with more options, which replace the usual ones of the same name.
  void start_worker(const std::vector<std::string>& more = {});
  [[nodiscard]] std::vector<std::string> worker_command(const std::vector<std::string>& more = {}) const;
  [[nodiscard]] Process& worker() { return *worker_; }
  [[nodiscard]] std::string worker_log() const { return worker_->output(); }
  /// Live processes of the fleet that are called so.
  [[nodiscard]] std::vector<pid_t> processes(const std::string& name = "") const {
    return marked_processes(mark, name);
  }
  [[nodiscard]] std::filesystem::path state() const { return folder / "state"; }

  /// Whether the attempt's result arrives in time, and its model is where it should be.
  [[nodiscard]] bool finishes(const AttemptToken& attempt);
  [[nodiscard]] bool fails(const AttemptToken& attempt);
  [[nodiscard]] bool starts(const AttemptToken& attempt);

  TempFolder folder;
  const std::string mark;
  FakeCoordinator coordinator;

 private:
  std::unique_ptr<Process> worker_;
};

}  // namespace spin
