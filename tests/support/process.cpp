#include "tests/support/process.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
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

/// Starts `command`; `prepare` runs in the child, and may only do what is safe between fork and exec.
template <typename Prepare>
pid_t start(const std::vector<std::string>& command, const std::string& mark, const Prepare& prepare) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const std::string entry = "SPIN_TEST_MARK=" + mark;
  std::vector<char*> environment;
  for (char** at = environ; *at != nullptr; ++at) environment.push_back(*at);
  environment.push_back(const_cast<char*>(entry.c_str()));
  environment.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    prepare();
    ::execvpe(argv[0], argv.data(), environment.data());
    ::_exit(127);
  }
  if (child < 0) throw std::runtime_error("fork failed");
  return child;
}

pid_t spawn(const std::vector<std::string>& command, const fs::path& output, const fs::path& errors,
            const std::string& mark) {
  const int out = open_output(output);
  const int err = open_output(errors);
  const pid_t child = start(command, mark, [&] {
    ::setpgid(0, 0);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
  });
  ::close(out);
  ::close(err);
  return child;
}

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

/// Both ends of a pseudo-terminal; -1 where the system has none.
struct Terminal {
  int master = -1, slave = -1;

  explicit Terminal(unsigned short columns) : master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (master < 0 || ::unlockpt(master) != 0) return;
    slave = ::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    const winsize size{24, columns, 0, 0};
    ::ioctl(master, TIOCSWINSZ, &size);
  }
  ~Terminal() {
    if (slave >= 0) ::close(slave);
    if (master >= 0) ::close(master);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
};

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
  exit_code_ = code_of(status);
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
  if (ended) finished.exit_code = code_of(status);
  finished.output = read_text(folder / "out");
  finished.errors = read_text(folder / "err");
  return finished;
}

std::optional<Finished> run_in_terminal(const std::vector<std::string>& command, const std::string& mark,
                                        std::chrono::seconds deadline, unsigned short columns) {
  Terminal terminal(columns);
  if (terminal.slave < 0) return std::nullopt;
  const pid_t child = start(command, mark, [&] {
    ::setsid();
    ::ioctl(terminal.slave, TIOCSCTTY, 0);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(terminal.slave, stream);
  });
  ::close(std::exchange(terminal.slave, -1));
  Finished finished;
  const bool ended = eventually(deadline, [&] {
    pollfd readable{terminal.master, POLLIN, 0};
    char block[4096];
    // EIO once nobody has the other end open any more.
    for (ssize_t count = 1; count > 0 && ::poll(&readable, 1, 0) == 1;)
      if (count = ::read(terminal.master, block, sizeof block); count > 0)
        finished.output.append(block, static_cast<std::size_t>(count));
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) != child) return false;
    finished.exit_code = code_of(status);
    return true;
  });
  if (!ended) {
    ::kill(-child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  return finished;
}

}  // namespace spin
