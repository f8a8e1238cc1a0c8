#include "client/commands/child_process.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/base/program_path.h"

namespace spin::cli {
namespace {

namespace fs = std::filesystem;

/// File actions and attributes of one posix_spawn.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void connect(const ChildProcess::Command& command) {
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, command.log.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (command.passed_fd >= 0)
      ::posix_spawn_file_actions_adddup2(&actions, command.passed_fd, ChildProcess::kPassedFd);
  }

  /// A group of its own, no blocked and no ignored signals.
  void detach() {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string to_text(const ProcessEnd& end) {
  if (end.signal == 0) return fmt::format("exit code {}", end.exit_code);
  return fmt::format("signal {} ({})", end.signal, ::strsignal(end.signal));
}

Result<ChildProcess> ChildProcess::start(const Command& command) {
  std::vector<char*> words;
  words.reserve(command.words.size() + 1);
  for (const auto& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  SpawnSettings settings;
  settings.connect(command);
  settings.detach();
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, words.front(), &settings.actions, &settings.attributes, words.data(), environ);
  if (error != 0)
    return Error{ErrorCode::internal, fmt::format("{} cannot be started: {}", command.words.front(),
                                                  std::generic_category().message(error))};
  return ChildProcess(pid);
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) kill_group();
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), end_(std::move(other.end_)) {}

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
  if (!end_) ::kill(pid_, number);
}

void ChildProcess::kill_group() {
  if (!end_) reap();
}

/// The group is killed while its leader is not reaped: until then its number belongs to nobody else.
void ChildProcess::reap() {
  ::kill(-pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  end_ = WIFSIGNALED(status) ? ProcessEnd{0, WTERMSIG(status)} : ProcessEnd{WEXITSTATUS(status), 0};
}

Result<std::string> find_program(const std::string& name) {
  const fs::path folder = program_path().parent_path();
  if (!folder.empty() && is_program(folder / name)) return (folder / name).string();
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const auto part = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (!part.empty() && is_program(fs::path(part) / name)) return (fs::path(part) / name).string();
  }
  return Error{ErrorCode::not_found, fmt::format("{} is neither in {} nor in $PATH", name, folder.string())};
}

}  // namespace spin::cli
