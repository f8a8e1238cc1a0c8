#include "schema/base/child_process.h"

#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/base/program_path.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

// Real processes: shell scripts.

namespace spin {
namespace {

constexpr std::chrono::seconds kDeadline{20};

ChildProcess::Command shell(const std::string& script) { return {{"/bin/sh", "-c", script}}; }

ChildProcess started(const ChildProcess::Command& command) {
  auto child = ChildProcess::start(command);
  if (!child.ok()) throw std::runtime_error(child.error().message);
  return std::move(child).value();
}

std::string read_all(const FileDescriptor& pipe) {
  std::string text;
  char block[256];
  for (ssize_t count = 0; (count = ::read(pipe.get(), block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(count));
  return text;
}

std::string read_line(const FileDescriptor& pipe) {
  std::string line;
  for (char byte = 0; ::read(pipe.get(), &byte, 1) == 1 && byte != '\n';) line += byte;
  return line;
}

/// Gone, or a zombie that nobody reaps in a container without an init.
bool has_ended(pid_t pid) {
  return eventually(kDeadline, [&] {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    return stat.empty() || stat.find(") Z ") != std::string::npos;
  });
}

ProcessEnd end_of(ChildProcess& child) {
  std::optional<ProcessEnd> end;
  EXPECT_TRUE(eventually(kDeadline, [&] { return (end = child.poll()).has_value(); }));
  return end.value_or(ProcessEnd{true, 0});
}

TEST(ChildProcess, HasThreePipes) {
  auto child = started(shell("read word; echo out $word; echo err $word >&2; exit 7"));
  ASSERT_EQ(::write(child.pipes.input.get(), "hello\n", 6), 6);
  EXPECT_EQ(read_all(child.pipes.output), "out hello\n");
  EXPECT_EQ(read_all(child.pipes.errors), "err hello\n");
  EXPECT_EQ(to_text(end_of(child)), "exit code 7");
  EXPECT_EQ(to_text(*child.poll()), "exit code 7") << "as often as it is asked";
}

TEST(ChildProcess, AppendsBothStreamsToALogAndReadsNothing) {
  const TempFolder folder;
  std::ofstream(folder / "log") << "earlier\n";
  auto command = shell("cat; echo out; echo err >&2");
  command.log = folder / "log";
  auto child = started(command);
  EXPECT_EQ(to_text(end_of(child)), "exit code 0");
  EXPECT_FALSE(child.pipes.input.is_open() || child.pipes.output.is_open() || child.pipes.errors.is_open());
  std::ifstream file(folder / "log");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "earlier\nout\nerr\n");
}

TEST(ChildProcess, SaysWhyItCannotBeStarted) {
  const auto missing = ChildProcess::start({{"/no/such/program"}});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_EQ(missing.error().message, "/no/such/program cannot be started: No such file or directory");
  EXPECT_EQ(ChildProcess::start({{"spin-no-such-program"}}).error().code, ErrorCode::not_found);
  EXPECT_EQ(ChildProcess::start({{"/etc/passwd"}}).error().message,
            "/etc/passwd cannot be started: Permission denied");
  auto command = shell("exit 0");
  command.log = "/no/such/folder/log";
  EXPECT_EQ(ChildProcess::start(command).error().message, "/no/such/folder/log: No such file or directory");
}

TEST(ChildProcess, LooksForAWordInPath) {
  auto child = started({{"sh", "-c", "exit 3"}});
  EXPECT_EQ(to_text(end_of(child)), "exit code 3");
}

TEST(ChildProcess, InheritsWhatItIsPassedAndNothingElse) {
  // Without close-on-exec, as a library opens files.
  const FileDescriptor leaky(::fcntl(STDERR_FILENO, F_DUPFD, 40));
  // Those that still exist once the shell has listed them: not the folder's own.
  const std::string descriptors =
      "for fd in /proc/$$/fd/*; do test -e $fd && all=\"$all ${fd##*/}\"; done; echo $all";
  auto alone = started(shell(descriptors));
  EXPECT_EQ(read_line(alone.pipes.output), "0 1 2");

  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  auto command = shell(descriptors + "; echo passed >&3");
  command.passed_fd = write_end.get();
  auto child = started(command);
  EXPECT_EQ(read_line(child.pipes.output), "0 1 2 3");
  EXPECT_EQ(read_line(read_end), "passed");
}

TEST(ChildProcess, BlocksAndIgnoresNoSignalButTheOneOfTheFileSize) {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  auto* const on_pipe = std::signal(SIGPIPE, SIG_IGN);
  auto* const on_size = std::signal(SIGXFSZ, SIG_IGN);
  auto child = started({{"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}});
  std::signal(SIGXFSZ, on_size);
  std::signal(SIGPIPE, on_pipe);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(read_all(child.pipes.output), "SigBlk:\t0000000000000000\nSigIgn:\t0000000001000000\n");
}

TEST(ChildProcess, ASignalGoesToItAlone) {
  auto child =
      started(shell("trap 'kill -0 $other && echo lives; exit 0' TERM; sleep 600 & other=$!; "
                    "echo $other; wait"));
  const pid_t other = std::stoi(read_line(child.pipes.output));
  child.signal(SIGTERM);
  EXPECT_EQ(read_line(child.pipes.output), "lives");
  EXPECT_EQ(to_text(end_of(child)), "exit code 0");
  EXPECT_TRUE(has_ended(other)) << "what is left of the group goes with it";
}

TEST(ChildProcess, NothingOfTheGroupOutlivesTheObject) {
  pid_t leader = 0, other = 0;
  {
    const auto child = started(shell("sleep 600 & echo $!; wait"));
    leader = child.pid();
    other = std::stoi(read_line(child.pipes.output));
  }
  EXPECT_EQ(::kill(leader, 0), -1);
  EXPECT_TRUE(has_ended(other));
}

TEST(ChildProcess, AKilledGroupIsWaitedForLater) {
  auto child = started(shell("exec sleep 600"));
  EXPECT_FALSE(child.poll());
  child.kill_group();
  EXPECT_EQ(to_text(end_of(child)), "signal 9 (Killed)");
}

TEST(ChildProcess, WhatIsAbandonedIsNotWaitedFor) {
  auto child = started(shell("exec sleep 600"));
  const pid_t pid = child.pid();
  {
    auto abandoned = std::move(child);
    abandoned.abandon();
  }
  EXPECT_EQ(::kill(pid, 0), 0);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST(ChildProcess, MayDieWithTheThreadThatStartedIt) {
  auto command = shell("echo up; exec sleep 600");
  std::optional<ChildProcess> stays, goes;
  std::thread([&] {
    stays.emplace(started(command));
    command.dies_with_thread = true;
    goes.emplace(started(command));
    EXPECT_EQ(read_line(goes->pipes.output), "up");
  }).join();
  EXPECT_EQ(to_text(end_of(*goes)), "signal 9 (Killed)");
  EXPECT_FALSE(stays->poll());
}

TEST(FindProgram, LooksBesideOurOwnAndInPath) {
  const auto shell_path = find_program("sh");
  ASSERT_TRUE(shell_path.ok()) << shell_path.error().message;
  EXPECT_EQ(std::filesystem::path(*shell_path).filename(), "sh");
  const auto own = find_program(program_path().filename());
  ASSERT_TRUE(own.ok()) << own.error().message;
  EXPECT_EQ(*own, program_path());
  const auto missing = find_program("spin-no-such-program");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace spin
