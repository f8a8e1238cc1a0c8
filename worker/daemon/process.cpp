#include "worker/daemon/process.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spin::daemon {
namespace {

struct Pipe {
  FileDescriptor read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return Error{ErrorCode::internal, std::string("pipe: ") + std::strerror(errno)};
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// The child's side between fork and exec: only async-signal-safe calls. Returns the error of what failed.
int become(char* const* argv, int input, int output, int errors, pid_t parent) {
  if (::setpgid(0, 0) != 0) return errno;
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
  if (::getppid() != parent) ::_exit(1);  // it died before the line above
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 ||
      ::dup2(errors, STDERR_FILENO) < 0) {
    return errno;
  }
  ::syscall(SYS_close_range, 3U, ~0U,
            CLOSE_RANGE_CLOEXEC);  // what a library left open; older kernels do without
  ::execvp(argv[0], argv);
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

}  // namespace

Result<ChildProcess> spawn(const std::vector<std::string>& argv) {
  SPIN_ASSIGN(Pipe input, make_pipe());
  SPIN_ASSIGN(Pipe output, make_pipe());
  SPIN_ASSIGN(Pipe errors, make_pipe());
  SPIN_ASSIGN(Pipe started, make_pipe());
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Error{ErrorCode::internal, std::string("fork: ") + std::strerror(errno)};
  if (child == 0) {
    const int error = become(words.data(), input.read.get(), output.write.get(), errors.write.get(), parent);
    [[maybe_unused]] const auto written = ::write(started.write.get(), &error, sizeof error);
    ::_exit(127);
  }
  ::setpgid(child, child);  // whichever of the two comes first
  started.write.reset();
  if (const int error = wait_for_exec(started.read.get()); error != 0) {
    ::waitpid(child, nullptr, 0);
    return Error{error == ENOENT ? ErrorCode::not_found : ErrorCode::internal,
                 argv[0] + ": " + std::strerror(error)};
  }
  return ChildProcess{child, std::move(input.write), std::move(output.read), std::move(errors.read)};
}

}  // namespace spin::daemon
