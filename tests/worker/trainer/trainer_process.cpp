#include "tests/worker/trainer/trainer_process.h"

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/places.h"

namespace spin {
namespace {

constexpr std::chrono::minutes kDeadline{1};

}  // namespace

TrainerProcess::TrainerProcess(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{program("spin-train")};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int input[2];
  int output[2];
  if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    dup2(input[0], STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    execv(words.front().c_str(), argv.data());
    _exit(127);
  }
  close(input[0]);
  close(output[1]);
  input_ = input[1];
  output_ = output[0];
}

TrainerProcess::~TrainerProcess() {
  close_input();
  close(output_);
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void TrainerProcess::signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

void TrainerProcess::send(const std::string& line) {
  const auto text = line + "\n";
  if (write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("spin-train does not read");
}

void TrainerProcess::close_input() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

std::optional<std::string> TrainerProcess::read_line() {
  for (;;) {
    if (const auto end = pending_.find('\n'); end != std::string::npos) {
      auto line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    pollfd waiting{output_, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(kDeadline).count())) <= 0)
      return std::nullopt;
    char block[4096];
    const auto count = read(output_, block, sizeof block);
    if (count <= 0) return std::nullopt;
    pending_.append(block, static_cast<std::size_t>(count));
  }
}

void TrainerProcess::wait_until_output_is_full() const {
  // Less than a page stays free, since the pipe puts no line on two pages.
  const auto nearly_full = fcntl(output_, F_GETPIPE_SZ) / 2;
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  int before = 0;
  int now = 0;
  for (int same = 0; now < nearly_full || same < 100; same = now == before ? same + 1 : 0, before = now) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const bool is_late = std::chrono::steady_clock::now() > deadline;
    if (is_late || ioctl(output_, FIONREAD, &now) != 0) throw std::runtime_error("it writes too little");
  }
}

std::optional<TrainerEvent> TrainerProcess::read_event() {
  while (const auto line = read_line()) {
    const auto event = event_from_line(*line);
    if (!event.ok()) return std::nullopt;
    if (!std::holds_alternative<ProgressEvent>(*event)) return *event;
  }
  return std::nullopt;
}

int TrainerProcess::wait() {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) return -1000;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace spin
