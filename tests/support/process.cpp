#include "tests/support/process.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_folder.h"

namespace spin {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int open_output(const fs::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

pid_t spawn(const std::vector<std::string>& command, const fs::path& output, const fs::path& errors,
            const std::string& mark) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const std::string entry = "SPIN_TEST_MARK=" + mark;
  std::vector<char*> environment;
  for (char** at = environ; *at != nullptr; ++at) environment.push_back(*at);
  environment.push_back(const_cast<char*>(entry.c_str()));
  environment.push_back(nullptr);
  const int out = open_output(output);
  const int err = open_output(errors);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::execvpe(argv[0], argv.data(), environment.data());
    ::_exit(127);
  }
  ::close(out);
  ::close(err);
  if (child < 0) throw std::runtime_error("fork failed");
  return child;
}

}  // namespace

Process::Process(std::vector<std::string> command, const fs::path& output, const std::string& mark)
    : pid_(spawn(command, output, output, mark)), output_(output) {}

Process::~Process() {
  if (!running()) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_), output_(std::move(other.output_)) {}

bool Process::running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = -1;
  return false;
}

void Process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int Process::wait(std::chrono::seconds deadline) {
  return eventually(deadline, [this] { return !running(); }) ? exit_code_ : -1;
}

std::string Process::output() const { return read_text(output_); }

bool eventually(std::chrono::seconds deadline, const std::function<bool()>& condition) {
  const auto end = Clock::now() + deadline;
  for (;;) {
    if (condition()) return true;
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::vector<pid_t> marked_processes(const std::string& mark, const std::string& name) {
  std::vector<pid_t> found;
  const std::string entry = "SPIN_TEST_MARK=" + mark;
  std::error_code ignored;
  for (const auto& folder : fs::directory_iterator("/proc", ignored)) {
    const auto pid = static_cast<pid_t>(std::atoi(folder.path().filename().c_str()));
    if (pid <= 0) continue;
    // A zombie has an empty environment, so only what still runs is found.
    const auto environment = '\0' + read_text(folder.path() / "environ");
    if (environment.find('\0' + entry + '\0') == std::string::npos) continue;
    if (name.empty() || read_text(folder.path() / "comm") == name + "\n") found.push_back(pid);
  }
  return found;
}

Finished run_command(const std::vector<std::string>& command, const std::string& mark,
                     std::chrono::seconds deadline) {
  const TempFolder folder;
  const pid_t child = spawn(command, folder / "out", folder / "err", mark);
  int status = 0;
  const bool ended = eventually(deadline, [&] { return ::waitpid(child, &status, WNOHANG) == child; });
  if (!ended) {
    ::kill(-child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  Finished finished;
  if (ended) finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  finished.output = read_text(folder / "out");
  finished.errors = read_text(folder / "err");
  return finished;
}

}  // namespace spin
