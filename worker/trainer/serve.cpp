#include "worker/trainer/serve.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <variant>

#include <sys/prctl.h>
#include <unistd.h>

#include "schema/base/stop_signals.h"
#include "worker/trainer/command_queue.h"
#include "worker/trainer/cuda_devices.h"
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

sigset_t stop_signal_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : stop_signals()) sigaddset(&set, number);
  return set;
}

/// Later ones ask for nothing more.
[[noreturn]] void wait_for_signals(CommandQueue& queue) {
  const auto set = stop_signal_set();
  for (;;) {
    int number = 0;
    if (sigwait(&set, &number) == 0 && queue.end_signal() == 0) queue.end(number);
  }
}

/// So that who waits for this process sees why it ended.
[[noreturn]] void end_by(int number) {
  std::signal(number, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  std::raise(number);
  _exit(128 + number);
}

}  // namespace

void block_stop_signals() {
  const auto set = stop_signal_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

[[noreturn]] void serve(const Runtime& runtime, const ReadyEvent& ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  CommandQueue queue;
  std::thread([&queue] { read_commands(queue); }).detach();
  std::thread([&queue] { wait_for_signals(queue); }).detach();
  const auto tell = [&queue](const TrainerEvent& event) {
    emit(std::holds_alternative<StoppedEvent>(event) ? TrainerEvent(StoppedEvent{queue.end_signal()})
                                                     : event);
  };
  JobRunner runner(runtime, tell, BadCheckpoint::begin_anew);
  emit(ready);
  for (;;) {
    const auto item = queue.pop();
    if (const auto* error = std::get_if<Error>(&item)) {
      emit(FailedEvent{error->message});
      continue;
    }
    if (const auto* end = std::get_if<CommandQueue::EndSignal>(&item)) end_by(end->number);
    if (runner.run(std::get<RunCommand>(item), queue.stop()) == JobEnd::device_lost) break;
    trim_memory();
    free_device_memory();
  }
  log_line("the device no longer answers, ending");
  _exit(EXIT_FAILURE);  // the reader still uses the queue
}

}  // namespace spin
