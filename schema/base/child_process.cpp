#include "schema/base/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spin {
namespace {

Error failed(const std::string& what) { return {ErrorCode::internal, what + ": " + std::strerror(errno)}; }

/// For the child, above the numbers that it shall have there in the end: none of them is taken from another.
Result<FileDescriptor> for_child(int fd, const std::string& name) {
  FileDescriptor copy(::fcntl(fd, F_DUPFD_CLOEXEC, ChildProcess::kPassedFd + 1));
  if (!copy.is_open()) return failed(name);
  return copy;
}

Result<FileDescriptor> open_for_child(const char* path, int flags) {
  const FileDescriptor file(::open(path, flags | O_CLOEXEC, 0600));
  if (!file.is_open()) return failed(path);
  return for_child(file.get(), path);
}

struct Pipe {
  FileDescriptor ours, childs;
};

enum class Way { to_child, from_child };

Result<Pipe> make_pipe(Way way) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe");
  FileDescriptor read(ends[0]), write(ends[1]);
  if (way == Way::to_child) std::swap(read, write);
  SPIN_ASSIGN(FileDescriptor childs, for_child(write.get(), "pipe"));
  return Pipe{std::move(read), std::move(childs)};
}

/// What the child needs, all of it made before the fork.
struct Preparation {
  std::vector<char*> words;  ///< with the null at its end
  FileDescriptor input, output, errors, passed;
  bool dies_with_thread = false;
  pid_t parent = ::getpid();
  ChildProcess::Pipes ours;
};

Status connect_pipes(Preparation& child) {
  SPIN_ASSIGN(Pipe input, make_pipe(Way::to_child));
  SPIN_ASSIGN(Pipe output, make_pipe(Way::from_child));
  SPIN_ASSIGN(Pipe errors, make_pipe(Way::from_child));
  child.ours = {std::move(input.ours), std::move(output.ours), std::move(errors.ours)};
  child.input = std::move(input.childs);
  child.output = std::move(output.childs);
  child.errors = std::move(errors.childs);
  return {};
}

Status connect_log(Preparation& child, const std::filesystem::path& log) {
  SPIN_ASSIGN(child.input, open_for_child("/dev/null", O_RDONLY));
  SPIN_ASSIGN(child.output, open_for_child(log.c_str(), O_WRONLY | O_CREAT | O_APPEND));
  SPIN_ASSIGN(child.errors, for_child(child.output.get(), log));
  return {};
}

Result<Preparation> prepare(const ChildProcess::Command& command) {
  Preparation child;
  child.words.reserve(command.words.size() + 1);
  for (const auto& word : command.words) child.words.push_back(const_cast<char*>(word.c_str()));
  child.words.push_back(nullptr);
  child.dies_with_thread = command.dies_with_thread;
  SPIN_TRY(command.log.empty() ? connect_pipes(child) : connect_log(child, command.log));
  if (command.passed_fd >= 0) {
    SPIN_ASSIGN(child.passed, for_child(command.passed_fd, "descriptor to pass"));
  }
  return child;
}

/// Every signal as by default, and none blocked. A limit of the size of files stays an error of write():
/// that is a full disk, for the children too of who ignores SIGXFSZ.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number)
    if (number != SIGXFSZ) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// The child's side between fork and exec: only async-signal-safe calls. Returns the error of what failed.
int become(const Preparation& child) {
  if (::setpgid(0, 0) != 0) return errno;
  if (child.dies_with_thread && ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
  if (child.dies_with_thread && ::getppid() != child.parent) ::_exit(1);  // it died before the line above
  reset_signals();
  if (::dup2(child.input.get(), STDIN_FILENO) < 0 || ::dup2(child.output.get(), STDOUT_FILENO) < 0 ||
      ::dup2(child.errors.get(), STDERR_FILENO) < 0)
    return errno;
  unsigned first_own = STDERR_FILENO + 1;
  if (child.passed.is_open()) {
    if (::dup2(child.passed.get(), ChildProcess::kPassedFd) < 0) return errno;
    first_own = ChildProcess::kPassedFd + 1;
  }
  // What a library left open; older kernels do without.
  ::syscall(SYS_close_range, first_own, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execvp(child.words[0], child.words.data());
  return errno;
}

/// Zero once exec has closed the pipe, else the error that the child sent.
int wait_for_exec(int pipe) {
  int error = 0;
  ssize_t count = 0;
  do {
    count = ::read(pipe, &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  return count == sizeof error ? error : 0;
}

Error cannot_be_started(const ChildProcess::Command& command, int error) {
  return {error == ENOENT ? ErrorCode::not_found : ErrorCode::internal,
          command.words.front() + " cannot be started: " + std::strerror(error)};
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const Command& command) {
  SPIN_ASSIGN(Preparation prepared, prepare(command));
  SPIN_ASSIGN(Pipe started, make_pipe(Way::from_child));
  const pid_t child = ::fork();
  if (child < 0) return cannot_be_started(command, errno);
  if (child == 0) {
    const int error = become(prepared);
    [[maybe_unused]] const auto written = ::write(started.childs.get(), &error, sizeof error);
    ::_exit(127);
  }
  ::setpgid(child, child);  // whichever of the two comes first
  started.childs.reset();
  if (const int error = wait_for_exec(started.ours.get()); error != 0) {
    ::waitpid(child, nullptr, 0);
    return cannot_be_started(command, error);
  }
  return ChildProcess(child, std::move(prepared.ours));
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !end_) reap();
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pipes(std::move(other.pipes)), pid_(std::exchange(other.pid_, -1)), end_(other.end_) {}

std::optional<ProcessEnd> ChildProcess::poll() {
  if (end_) return end_;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != pid_)
    return {};
  reap();
  return end_;
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && !end_) ::kill(pid_, number);
}

void ChildProcess::kill_group() const {
  if (pid_ > 0 && !end_) ::kill(-pid_, SIGKILL);
}

/// The group is killed while its leader is not reaped: until then its number belongs to nobody else.
void ChildProcess::reap() {
  kill_group();
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  end_ = WIFSIGNALED(status) ? ProcessEnd{true, WTERMSIG(status)} : ProcessEnd{false, WEXITSTATUS(status)};
}

}  // namespace spin
