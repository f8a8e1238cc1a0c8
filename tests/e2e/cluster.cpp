#include "tests/e2e/cluster.h"

#include <atomic>
#include <utility>

#include <unistd.h>

#include "tests/support/places.h"

namespace spin {

using std::chrono::seconds;

std::vector<std::string> small_quickstart_args() {
  return {source_file("deploy/sweeps/fashion-mnist.yaml"),
          "--set",
          "dataset.train_limit=1024",
          "--set",
          "dataset.eval_limit=500",
          "--set",
          "training.epochs=2",
          "--set",
          "training.batch_size=32"};
}

std::string unique_mark() {
  static std::atomic<int> count{0};
  return "e2e-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

bool sweep_is_over(const Cluster& cluster, const std::string& sweep) {
  const auto jobs = cluster.spinctl_json({"jobs", sweep});
  if (!jobs.is_array() || jobs.empty()) return false;
  for (const auto& job : jobs) {
    const auto state = job.at("state").get<std::string>();
    if (state != "completed" && state != "diverged" && state != "failed") return false;
  }
  return true;
}

Cluster::Cluster(const std::string& mark, std::vector<std::string> spind_options)
    : mark_(mark), spind_options_(std::move(spind_options)) {
  start_spind();
  start_worker();
}

void Cluster::start_spind() {
  std::vector<std::string> command{program("spind"), "--listen", "unix:" + (folder_ / "sock").string(),
                                   "--db", (folder_ / "spin.db").string()};
  command.insert(command.end(), spind_options_.begin(), spind_options_.end());
  spind_ = std::make_unique<Process>(command, folder_ / "spind.log", mark_);
}

void Cluster::start_worker() {
  worker_ = std::make_unique<Process>(
      std::vector<std::string>{program("spin-worker"), "--connect", "unix:" + (folder_ / "sock").string(),
                               "--state", (folder_ / "worker").string(), "--name", "w1", "--slots", "2",
                               "--threads", "1"},
      folder_ / "worker.log", mark_);
}

Process Cluster::another_worker(const std::string& name) const {
  return {{program("spin-worker"), "--connect", "unix:" + (folder_ / "sock").string(), "--state",
           (folder_ / name).string(), "--name", name, "--threads", "1"},
          folder_ / (name + ".log"),
          mark_};
}

Finished Cluster::spinctl(const std::vector<std::string>& args) const {
  std::vector<std::string> command{program("spinctl"), "--connect", "unix:" + (folder_ / "sock").string()};
  command.insert(command.end(), args.begin(), args.end());
  return run_command(command, mark_, seconds(60));
}

nlohmann::json Cluster::spinctl_json(std::vector<std::string> args) const {
  args.insert(args.end(), {"--format", "json"});
  const auto finished = spinctl(args);
  if (finished.exit_code != 0) return nullptr;
  return nlohmann::json::parse(finished.output, nullptr, false);
}

void Cluster::stop() {
  worker_->signal(SIGTERM);
  worker_->wait(seconds(60));
  spind_->signal(SIGTERM);
  spind_->wait(seconds(60));
}

}  // namespace spin
