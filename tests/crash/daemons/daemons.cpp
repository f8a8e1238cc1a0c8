#include "tests/crash/daemons/daemons.h"

#include <algorithm>
#include <atomic>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/places.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

std::string unique_mark() {
  static std::atomic<int> count{0};
  return "crash-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

std::string sweep_text(const std::string& name, int jobs, int first_seed) {
  std::string seeds = std::to_string(first_seed);
  for (int i = 1; i < jobs; ++i) seeds += ", " + std::to_string(first_seed + i);
  return "version: 1\nname: " + name +
         "\ndataset: {name: synthetic, classes: 10}\n"
         "network: {family: convmixer, channels: 16, depth: 4, patch: 4, kernel: 3}\n"
         "training: {epochs: 2}\nseeds: [" +
         seeds + "]\n";
}

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

}  // namespace

Daemons::Daemons() : mark(unique_mark()), database(folder / "spin.db") {}

void Daemons::start_spind(const std::vector<std::string>& more, const std::vector<std::string>& prefix) {
  std::vector<std::string> command = prefix;
  append(command, {program("spind"), "--listen", address(), "--db", database.string()});
  append(command, more);
  const auto log = folder / ("spind." + std::to_string(++starts_) + ".log");
  spind_ = std::make_unique<Process>(command, log, mark);
  const auto serves = [this] { return spind_->output().find("listening on") != std::string::npos; };
  ASSERT_TRUE(eventually(kDeadline, [&] { return serves() || !spind_->running(); })) << spind_->output();
}

void Daemons::start_worker(const std::string& name, const nlohmann::json& job,
                           const std::vector<std::string>& more, const std::vector<std::string>& prefix) {
  std::vector<std::string> command = prefix;
  append(command, {"/usr/bin/env", "SPIN_FAKE_JOB=" + job.dump(), program("spin-worker"), "--name", name,
                   "--state", (folder / name).string(), "--trainer", fake_trainer()});
  if (std::find(more.begin(), more.end(), "--connect") == more.end())
    append(command, {"--connect", address()});
  append(command, more);
  workers_[name] = std::make_unique<Process>(command, folder / (name + ".log"), mark);
}

Finished Daemons::spinctl(const std::vector<std::string>& args) const {
  std::vector<std::string> command{program("spinctl"), "--connect", address()};
  append(command, args);
  return run_command(command, mark, kDeadline);
}

nlohmann::json Daemons::spinctl_json(std::vector<std::string> args) const {
  append(args, {"--format", "json"});
  const auto finished = spinctl(args);
  if (finished.exit_code != 0) return nullptr;
  return nlohmann::json::parse(finished.output, nullptr, false);
}

bool Daemons::submit(const std::string& name, int jobs, int first_seed) const {
  return submit_file(name, jobs, "", first_seed).exit_code == 0;
}

Finished Daemons::submit_file(const std::string& name, int jobs, const std::string& comment,
                              int first_seed) const {
  const auto file = folder / (name + ".yaml");
  std::ofstream(file) << sweep_text(name, jobs, first_seed) << comment;
  return spinctl({"submit", file.string()});
}

int Daemons::count(const std::string& sweep, const std::string& state) const {
  const auto jobs = spinctl_json({"jobs", sweep});
  if (!jobs.is_array()) return 0;
  return static_cast<int>(
      std::count_if(jobs.begin(), jobs.end(), [&](const auto& job) { return job.at("state") == state; }));
}

std::string Daemons::runner_of(const std::string& sweep) const {
  const auto jobs = spinctl_json({"jobs", sweep});
  if (!jobs.is_array() || jobs.at(0).at("state") != "running") return {};
  return jobs.at(0).at("worker").get<std::string>();
}

std::vector<std::string> Daemons::attempts_of(const std::string& sweep) const {
  std::vector<std::string> attempts;
  const auto jobs = spinctl_json({"jobs", sweep});
  if (!jobs.is_array()) return attempts;
  const auto detail = spinctl_json({"job", jobs.at(0).at("job").get<std::string>()});
  if (!detail.is_object()) return attempts;
  for (const auto& attempt : detail.at("attempts")) {
    attempts.push_back(attempt.at("worker").get<std::string>() + " " +
                       attempt.at("state").get<std::string>());
  }
  return attempts;
}

void Daemons::expect_one_result_each(const std::string& sweep) const {
  const auto jobs = spinctl_json({"jobs", sweep});
  ASSERT_TRUE(jobs.is_array());
  for (const auto& job : jobs) {
    EXPECT_EQ(job.at("state"), "completed") << job.dump();
    const auto detail = spinctl_json({"job", job.at("job").get<std::string>()});
    ASSERT_TRUE(detail.is_object()) << job.dump();
    const auto& attempts = detail.at("attempts");
    EXPECT_EQ(std::count_if(attempts.begin(), attempts.end(),
                            [](const auto& attempt) { return attempt.at("state") == "finished"; }),
              1)
        << detail.dump(1);
  }
}

bool Daemons::keeps_a_result(const std::string& worker) const {
  std::error_code missing;
  const auto kept = fs::path(folder / worker) / "kept";
  return fs::exists(kept, missing) && !fs::is_empty(kept, missing) &&
         fs::file_size(fs::path(folder / worker) / "outbox", missing) > 0;
}

void Daemons::open_gate(const std::string& name) const { std::ofstream(gate(name)) << "open"; }

void Daemons::stop() {
  for (auto& [name, worker] : workers_) worker->signal(SIGTERM);
  for (auto& [name, worker] : workers_) EXPECT_EQ(worker->wait(kDeadline), 0) << worker->output();
  if (spind_) {
    spind_->signal(SIGTERM);
    EXPECT_EQ(spind_->wait(kDeadline), 0) << spind_->output();
  }
  EXPECT_TRUE(eventually(kDeadline, [this] { return marked_processes(mark).empty(); }));
}

}  // namespace spin
