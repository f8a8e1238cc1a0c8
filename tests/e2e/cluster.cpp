#include "tests/e2e/cluster.h"

#include <atomic>

#include <unistd.h>

namespace spin {

using std::chrono::seconds;

std::string binary(const std::string& name) { return std::string(SPIN_BIN_DIR "/") + name; }

std::vector<std::string> small_quickstart_args() {
  return {SPIN_SOURCE_DIR "/deploy/sweeps/fashion-mnist.yaml",
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

Cluster::Cluster(const std::string& mark) : mark_(mark) {
  start_spind();
  start_worker();
}

void Cluster::start_spind() {
  spind_ = std::make_unique<Process>(
      std::vector<std::string>{binary("spind"), "--listen", "unix:" + (folder_ / "sock").string(), "--db",
                               (folder_ / "spin.db").string()},
      folder_ / "spind.log", mark_);
}

void Cluster::start_worker() {
  worker_ = std::make_unique<Process>(
      std::vector<std::string>{binary("spin-worker"), "--connect", "unix:" + (folder_ / "sock").string(),
                               "--state", (folder_ / "worker").string(), "--name", "w1", "--slots", "2",
                               "--threads", "1"},
      folder_ / "worker.log", mark_);
}

Finished Cluster::spinctl(const std::vector<std::string>& args) const {
  std::vector<std::string> command{binary("spinctl"), "--connect", "unix:" + (folder_ / "sock").string()};
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
