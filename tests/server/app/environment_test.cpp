#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/server/app/daemon_fixture.h"

// What hosts, terminals and logins do to a real spind.

namespace spin {
namespace {

namespace fs = std::filesystem;

class EnvironmentTest : public DaemonTest {
 protected:
  EnvironmentTest() {
    for (const int number : {SIGHUP, SIGPIPE, SIGINT, SIGTERM}) ::signal(number, SIG_DFL);
  }
  /// A script of /bin/sh, in which $SPIND, $SPINCTL and $D stand for the programs and the test's folder.
  [[nodiscard]] std::vector<std::string> script(const std::string& text) const {
    return {"/usr/bin/env",
            "-u",
            "SPIN_CONNECT",
            "SPIND=" + spind(),
            "SPINCTL=" + program("spinctl"),
            "D=" + folder_.path().string(),
            "/bin/bash",
            "-c",
            text};
  }
  Process background(const std::string& text) { return {script(text), log(), mark()}; }
  Finished shell(const std::string& text) { return run_command(script(text), mark(), kLimit); }
  bool answers(const std::string& command) {
    return eventually(kLimit, [&] { return shell(command).exit_code == 0; });
  }
  [[nodiscard]] std::string mark() const { return folder_.path().string(); }
  std::vector<pid_t> daemons() { return marked_processes(mark(), "spind"); }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
};

constexpr const char* kStatus = "$SPINCTL --connect unix:$D/s.sock status";

TEST_F(EnvironmentTest, ServesThoughItsLogCannotBeWritten) {
  const std::string serve = "$SPIND --listen unix:$D/s.sock --db $D/spind.db ";
  for (const std::string& command :
       {"exec " + serve + "2>&-", "exec " + serve + "0<&- 1>&- 2>&-", "exec " + serve + "2>/dev/full",
        "(" + serve +
            "2>&1; echo $? >$D/rc) | true; while [ ! -s $D/rc ]; do sleep 0.02; done; exit $(cat $D/rc)"}) {
    fs::remove(folder_ / "rc");
    Process process = background(command);
    ASSERT_TRUE(answers(kStatus)) << command << "\n" << process.output();
    ASSERT_EQ(daemons().size(), 1U) << command;
    ::kill(daemons().front(), SIGTERM);
    EXPECT_EQ(process.wait(kLimit), 0) << command << "\n" << process.output();
    const auto checked = shell("$SPIND doctor --db $D/spind.db");
    EXPECT_EQ(checked.exit_code, 0) << "nothing was written into a file of its own: " << checked.output;
  }
}

TEST_F(EnvironmentTest, GoesOnWhenItsLogCannotBeWrittenAnyMore) {
  ASSERT_EQ(::mkfifo(path("log").c_str(), 0600), 0);
  Process process = background("exec $SPIND --listen unix:$D/s.sock --db $D/spind.db 2>$D/log");
  {
    const FileDescriptor reader(::open(path("log").c_str(), O_RDONLY));
    char byte = 0;
    ASSERT_EQ(::read(reader.get(), &byte, 1), 1);
    ASSERT_TRUE(answers(kStatus));
  }
  fs::remove(folder_ / "s.sock");  // a reason to log something
  ASSERT_TRUE(answers(kStatus)) << "it listens anew";
  ASSERT_TRUE(process.running());
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(kLimit), 0);
}

TEST_F(EnvironmentTest, AnErrorThatCannotBeWrittenIsStillAnExitCode) {
  EXPECT_EQ(shell("$SPIND --listen unix:$D/none/s.sock --db $D/x.db 2>/dev/full").exit_code, 2);
  EXPECT_EQ(shell("$SPIND --listen unix:$D/none/s.sock --db $D/x.db 2>&-").exit_code, 2);
  EXPECT_EQ(shell("$SPIND doctor --db $D/none.db 2>/dev/full").exit_code, 2);
}

TEST_F(EnvironmentTest, OutputThatCannotBeWrittenIsAFailure) {
  for (const char* command : {"$SPIND --help >/dev/full", "$SPIND --help >&-", "$SPINCTL paper 4 >/dev/full",
                              "$SPINCTL paper 4 >&-", "$SPINCTL --help >/dev/full"}) {
    const auto finished = shell(command);
    EXPECT_EQ(finished.exit_code, 1) << command;
    EXPECT_TRUE(contains(finished.errors, "standard output could not be written"))
        << command << finished.errors;
  }
  const auto piped = shell("exec 5> >(exec true); wait $!; $SPINCTL paper 4 >&5");
  EXPECT_EQ(piped.exit_code, 128 + SIGPIPE) << "as every filter before `head`";
  EXPECT_EQ(piped.errors, "");
}

TEST_F(EnvironmentTest, AClosedTerminalEndsItAsSigtermDoes) {
  Process process = start();
  process.signal(SIGHUP);
  EXPECT_EQ(process.wait(kLimit), 0) << process.output();
  EXPECT_TRUE(contains(process.output(), "stopping on signal 1 (Hangup)")) << process.output();
  EXPECT_FALSE(fs::exists(path("s.sock")));
  EXPECT_FALSE(fs::exists(path("s.sock.lock")));
}

TEST_F(EnvironmentTest, NohupKeepsIt) {
  Process process = background("trap '' HUP; exec $SPIND --listen unix:$D/s.sock --db $D/spind.db");
  ASSERT_TRUE(answers(kStatus)) << process.output();
  process.signal(SIGHUP);
  EXPECT_TRUE(answers(kStatus));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(kLimit), 0);
  EXPECT_TRUE(contains(process.output(), "stopping on signal 15")) << process.output();
}

TEST_F(EnvironmentTest, WhyItAbortsStandsInItsLog) {
  Process process = start();
  process.signal(SIGABRT);
  EXPECT_EQ(process.wait(kLimit), 128 + SIGABRT);
  EXPECT_TRUE(contains(process.output(), "spind ends by SIGABRT; these calls led to it:"))
      << process.output();
}

TEST_F(EnvironmentTest, AnyPathThatTheKernelTakesWorks) {
  for (const std::string name : {"run#3", "what?x", "100%25", "%41", "with space", "jos\303\251", "a:b",
                                 "[x]", "back\\slash", "a&b=c;d,e"}) {
    const std::string folder = path(name);
    fs::create_directory(folder);
    ::chmod(folder.c_str(), 0700);
    const std::string address = "unix:" + folder + "/s.sock";
    Process process(
        {spind(), "--listen", address, "--db", folder + "/x.db", "--http", "unix:" + folder + "/h.sock"},
        log(), mark());
    ASSERT_TRUE(eventually(kLimit, [&] { return !process.running() || is_ready(process); }));
    const auto asked = run_command({program("spinctl"), "--connect", address, "status"}, mark(), kLimit);
    EXPECT_EQ(asked.exit_code, 0) << name << ": " << asked.errors << process.output();
    EXPECT_TRUE(http_get(folder + "/h.sock", get("/healthz")).starts_with("HTTP/1.1 200")) << name;
    EXPECT_EQ(shell("cd '" + folder + "' && $SPINCTL --connect unix:s.sock status").exit_code, 0) << name;
  }
}

/// A login with a run-time folder of its own, in the test's folder.
constexpr const char* kLogin = "export XDG_RUNTIME_DIR=$D/run#1 XDG_STATE_HOME=$D/state; ";

TEST_F(EnvironmentTest, ListensAnewWhenItsRunTimeFolderIsBack) {
  const std::string login = kLogin;
  fs::create_directory(folder_ / "run#1");
  Process process = background(login + "exec $SPIND --http unix:$D/run#1/spin/http.sock");
  ASSERT_TRUE(answers(login + "$SPINCTL status")) << process.output();

  fs::remove_all(folder_ / "run#1");
  const auto asked = shell(login + "$SPINCTL status");
  EXPECT_EQ(asked.exit_code, 3);
  EXPECT_TRUE(contains(asked.errors, "spind pid " + std::to_string(process.pid()))) << asked.errors;
  EXPECT_TRUE(contains(asked.errors, "its socket is gone")) << asked.errors;
  const auto second = shell(login + "$SPIND --listen unix:$D/other.sock");
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_TRUE(contains(second.errors, "is in use by spind pid " + std::to_string(process.pid()) +
                                          ", which listens at unix:" + path("run#1/spin/spind.sock")))
      << second.errors;
  EXPECT_TRUE(eventually(kLimit, [&] { return contains(process.output(), "is gone"); })) << process.output();

  fs::create_directory(folder_ / "run#1");
  EXPECT_TRUE(answers(login + "$SPINCTL status")) << process.output();
  EXPECT_TRUE(eventually(kLimit, [&] {
    return contains(process.output(), "listening again at unix:" + path("run#1/spin/http.sock"));
  })) << process.output();
  EXPECT_TRUE(http_get(path("run#1/spin/http.sock"), get("/healthz")).ends_with("ok\n"));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(kLimit), 0) << process.output();
  EXPECT_FALSE(fs::exists(path("run#1/spin/spind.sock")));
}

TEST_F(EnvironmentTest, LeavesAloneWhatAnotherOnePutInThePlaceOfItsSocket) {
  fs::create_directory(folder_ / "run");
  Process first = background("exec $SPIND --listen unix:$D/run/s.sock --db $D/first.db");
  const std::string status = "$SPINCTL --connect unix:$D/run/s.sock status";
  ASSERT_TRUE(answers(status)) << first.output();
  first.signal(SIGSTOP);
  fs::remove_all(folder_ / "run");
  fs::create_directory(folder_ / "run");
  Process second = background("exec $SPIND --listen unix:$D/run/s.sock --db $D/second.db");
  ASSERT_TRUE(answers(status)) << second.output();
  first.signal(SIGCONT);
  EXPECT_TRUE(eventually(kLimit, [&] { return contains(first.output(), "is taken by a running server"); }))
      << first.output();
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait(kLimit), 0) << first.output();
  EXPECT_EQ(shell(status).exit_code, 0) << "the second one's socket is still there";
}

TEST_F(EnvironmentTest, CronFindsTheSpindOfALogin) {
  fs::create_directory(folder_ / "run#1");
  Process process = background(std::string(kLogin) + "exec $SPIND");
  ASSERT_TRUE(answers(std::string(kLogin) + "$SPINCTL status")) << process.output();
  const auto asked = shell("unset XDG_RUNTIME_DIR; XDG_STATE_HOME=$D/state $SPINCTL status");
  EXPECT_EQ(asked.exit_code, 0) << asked.errors;
}

TEST_F(EnvironmentTest, NamesTheVariableWhoseFolderCannotBeUsed) {
  const auto refused = shell("XDG_RUNTIME_DIR=/proc/nowhere $SPIND --db $D/x.db");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(contains(refused.errors, "XDG_RUNTIME_DIR=/proc/nowhere")) << refused.errors;
  EXPECT_TRUE(contains(refused.errors, "--listen")) << refused.errors;
  const auto too_long = shell("XDG_RUNTIME_DIR=$D/" + std::string(120, 'x') + " $SPIND --db $D/x.db");
  EXPECT_EQ(too_long.exit_code, 2);
  EXPECT_TRUE(contains(too_long.errors, "XDG_RUNTIME_DIR=")) << too_long.errors;
  EXPECT_TRUE(contains(too_long.errors, "the kernel takes at most")) << too_long.errors;
  EXPECT_FALSE(fs::exists(path("x.db")));
}

}  // namespace
}  // namespace spin
