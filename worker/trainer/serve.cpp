#include "worker/trainer/serve.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <variant>

#include <sys/prctl.h>
#include <unistd.h>

#include "worker/trainer/command_queue.h"
#include "worker/trainer/event_log.h"
#include "worker/trainer/job_runner.h"
#include "worker/trainer/memory.h"

namespace spin {
namespace {

constexpr std::size_t kLineLimit = 1U << 20;

/// Splits standard input into lines; ends the process with it.
[[noreturn]] void read_commands(CommandQueue& queue) {
  std::string pending;
  bool skipping = false;  // the rest of a line that was too long
  char block[4096];
  for (;;) {
    const auto count = read(STDIN_FILENO, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) _exit(EXIT_SUCCESS);
    for (const char c : std::string_view(block, static_cast<std::size_t>(count))) {
      if (c == '\n') {
        if (!skipping && !pending.empty()) queue.push_line(pending);
        pending.clear();
        skipping = false;
      } else if (!skipping) {
        pending += c;
        if (pending.size() <= kLineLimit) continue;
        queue.push(
            Error{ErrorCode::invalid_argument, "a command of more than 1 MiB; expected one JSON line"});
        skipping = true;
      }
    }
  }
}

}  // namespace

[[noreturn]] void serve(const Runtime& runtime, const ReadyEvent& ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  CommandQueue queue;
  std::thread([&queue] { read_commands(queue); }).detach();
  JobRunner runner(runtime, emit, BadCheckpoint::begin_anew);
  emit(ready);
  for (;;) {
    const auto item = queue.pop();
    if (const auto* error = std::get_if<Error>(&item)) {
      emit(FailedEvent{error->message});
      continue;
    }
    const auto end = runner.run(std::get<RunCommand>(item), queue.stop());
    if (end == JobEnd::failed && !runner.device_works()) break;
    trim_memory();
  }
  log_line("the device no longer answers, ending");
  _exit(EXIT_FAILURE);  // the reader still uses the queue
}

}  // namespace spin
