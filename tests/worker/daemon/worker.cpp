#include "tests/worker/daemon/worker.h"

#include <algorithm>
#include <atomic>

#include <unistd.h>

#include "tests/support/places.h"

namespace spin {
namespace {

std::string unique_mark() {
  static std::atomic<int> count{0};
  return "daemon-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

}  // namespace

Fleet::Fleet() : mark(unique_mark()), coordinator((folder / "sock").string()) {}

std::vector<std::string> Fleet::worker_command(const std::vector<std::string>& more) const {
  std::vector<std::string> command = {program("spin-worker"),
                                      "--connect",
                                      "unix:" + (folder / "sock").string(),
                                      "--state",
                                      state().string(),
                                      "--name",
                                      "w1",
                                      "--trainer",
                                      fake_trainer()};
  for (std::size_t i = 0; i < more.size(); ++i) {
    const auto usual = std::find(command.begin(), command.end(), more[i]);
    if (usual == command.end()) {
      command.push_back(more[i]);
    } else {
      *std::next(usual) = more[++i];
    }
  }
  return command;
}

void Fleet::start_worker(const std::vector<std::string>& more) {
  worker_ = std::make_unique<Process>(worker_command(more), folder / "worker.log", mark);
}

bool Fleet::finishes(const AttemptToken& attempt) {
  return eventually(kDeadline, [&] { return !coordinator.results_of(attempt).empty(); });
}
bool Fleet::fails(const AttemptToken& attempt) {
  return eventually(kDeadline, [&] { return coordinator.failure_of(attempt).has_value(); });
}
bool Fleet::starts(const AttemptToken& attempt) {
  return eventually(kDeadline, [&] { return coordinator.has_started(attempt); });
}

}  // namespace spin
