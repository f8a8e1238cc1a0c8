#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace spin {

/// A real spind and real workers, whose trainers are fakes, in a folder of their own.
class Daemons {
 public:
  /// A connection that died without a word is noticed by its keepalive, after half a minute.
  static constexpr std::chrono::seconds kDeadline{120};

  Daemons();

  /// spind with more options, and again after it has ended. Waits until it serves or ends. `prefix` stands
  /// before the command.
  void start_spind(const std::vector<std::string>& more = {}, const std::vector<std::string>& prefix = {});
  /// A worker of one slot. `job` is what its trainers do with every job: see
  /// tests/worker/daemon/fake_trainer.
  void start_worker(const std::string& name, const nlohmann::json& job,
                    const std::vector<std::string>& more = {}, const std::vector<std::string>& prefix = {});
  [[nodiscard]] Process& spind() { return *spind_; }
  [[nodiscard]] Process& worker(const std::string& name) { return *workers_.at(name); }

  /// spinctl over the coordinator's Unix socket.
  [[nodiscard]] Finished spinctl(const std::vector<std::string>& args) const;
  /// Its answer; null where there is none.
  [[nodiscard]] nlohmann::json spinctl_json(std::vector<std::string> args) const;
  /// Whether a sweep of this name with so many jobs, which differ in their seed, is taken.
  [[nodiscard]] bool submit(const std::string& name, int jobs, int first_seed = 0) const;
  /// What is said of it; `comment` ends its file.
  [[nodiscard]] Finished submit_file(const std::string& name, int jobs, const std::string& comment,
                                     int first_seed = 0) const;

  /// How many jobs of the sweep are in this state.
  [[nodiscard]] int count(const std::string& sweep, const std::string& state) const;
  /// Name of the worker that runs the sweep's first job; empty where none does.
  [[nodiscard]] std::string runner_of(const std::string& sweep) const;
  /// "WORKER STATE" of each attempt of the sweep's first job, in their order.
  [[nodiscard]] std::vector<std::string> attempts_of(const std::string& sweep) const;
  /// Every job of the sweep is completed, and one attempt of each is finished.
  void expect_one_result_each(const std::string& sweep) const;
  /// Whether the worker keeps a trained model that is not acknowledged.
  [[nodiscard]] bool keeps_a_result(const std::string& worker) const;

  /// Opens a gate: what trainers with {"do": "wait", "file": gate(NAME)} wait for.
  void open_gate(const std::string& name) const;
  [[nodiscard]] std::string gate(const std::string& name) const {
    return (folder / (name + ".gate")).string();
  }

  /// All asked to stop, workers first; expects that nothing is left.
  void stop();

  TempFolder folder;
  const std::string mark;
  /// Where spind keeps its database; a test may put it elsewhere before it starts.
  std::filesystem::path database;

 private:
  [[nodiscard]] std::string address() const { return "unix:" + (folder / "sock").string(); }

  std::unique_ptr<Process> spind_;
  std::map<std::string, std::unique_ptr<Process>> workers_;
  int starts_ = 0;
};

}  // namespace spin
