#include "client/commands/supervised.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

// Real processes: shell scripts in the place of daemons.

namespace spin::cli {
namespace {

using std::chrono::seconds;

class SupervisedTest : public ::testing::Test {
 protected:
  Supervised shell(const std::string& script, bool tells_ready = false) {
    return {"daemon", {{"/bin/sh", "-c", script, "daemon"}, folder / "log"}, tells_ready};
  }
  /// Looks until `done` holds, with a clock that runs ahead, so that back-off does not make the test wait.
  bool look_until(Supervised& daemon, const std::function<bool()>& done) {
    return eventually(seconds(20), [&] {
      now += std::chrono::milliseconds(200);
      auto look = daemon.look(now);
      if (!look.news.empty()) news.push_back(look.news);
      if (look.given_up) given_up = look.given_up;
      return done();
    });
  }
  std::string text_of(const std::string& name) {
    std::ifstream file(folder / name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  static bool is_running(pid_t pid) { return ::kill(pid, 0) == 0; }

  TempFolder folder;
  Supervised::Clock::time_point now = Supervised::Clock::now();
  std::vector<std::string> news;
  std::optional<Error> given_up;
};

TEST_F(SupervisedTest, StartsAgainWhatWasKilled) {
  auto daemon = shell("echo $$ >> " + (folder / "pids").string() + "; exec sleep 600");
  std::vector<pid_t> pids;
  const auto read_pids = [&] {
    std::ifstream file(folder / "pids");
    pids.assign(std::istream_iterator<pid_t>(file), {});
  };
  // More often than a daemon may fail by itself.
  for (std::size_t round = 1; round <= 8; ++round) {
    ASSERT_TRUE(look_until(daemon, [&] {
      read_pids();
      return pids.size() == round;
    }));
    ::kill(pids.back(), SIGKILL);
  }
  EXPECT_FALSE(given_up);
  ASSERT_FALSE(news.empty());
  EXPECT_EQ(news[0], "spinctl: daemon ended with signal 9 (Killed); starting it again");
}

TEST_F(SupervisedTest, GivesUpOnWhatFailsAgainAndAgainAndShowsItsLog) {
  { std::ofstream(folder / "log") << "a line of an earlier run\n"; }
  auto daemon = shell("echo no such device >&2; exit 7");
  ASSERT_TRUE(look_until(daemon, [&] { return given_up.has_value(); }));
  EXPECT_NE(given_up->message.find("exit code 7"), std::string::npos) << given_up->message;
  EXPECT_NE(given_up->message.find("no such device"), std::string::npos) << given_up->message;
  EXPECT_EQ(given_up->message.find("earlier run"), std::string::npos) << given_up->message;
  EXPECT_EQ(given_up->code, ErrorCode::internal);
  EXPECT_EQ(news.size(), 4U);
}

TEST_F(SupervisedTest, GivesUpOnWhatNeedsHalfAMinuteToFailEachTime) {
  auto daemon = shell("trap 'exit 1' TERM; echo $$ >> " + (folder / "pids").string() +
                      "; while :; do sleep 0.02; done");
  for (std::size_t round = 1; round <= 5; ++round) {
    std::vector<pid_t> pids;
    ASSERT_TRUE(look_until(daemon, [&] {
      std::ifstream file(folder / "pids");
      pids.assign(std::istream_iterator<pid_t>(file), {});
      return pids.size() == round;
    })) << round;
    now += seconds(31);
    ::kill(pids.back(), SIGTERM);
  }
  ASSERT_TRUE(look_until(daemon, [&] { return given_up.has_value(); }));
  EXPECT_EQ(news.size(), 4U) << "as a device that cannot be opened, which may be another time";
}

TEST_F(SupervisedTest, GivesUpAtOnceOnWhatNeverServed) {
  auto daemon = shell("exit 2", /*tells_ready=*/true);
  ASSERT_TRUE(look_until(daemon, [&] { return given_up.has_value(); }));
  EXPECT_TRUE(news.empty());
  EXPECT_EQ(given_up->code, ErrorCode::invalid_argument) << "2 says that what it was given cannot be used";
}

TEST_F(SupervisedTest, KnowsWhenADaemonServes) {
  auto daemon = shell("test \"$1\" = --ready-fd && echo >&\"$2\"; exec sleep 600", /*tells_ready=*/true);
  EXPECT_FALSE(daemon.is_ready());
  EXPECT_TRUE(look_until(daemon, [&] { return daemon.is_ready(); })) << text_of("log");
}

TEST_F(SupervisedTest, EndsGentlyWhatListens) {
  auto daemon = shell("trap 'echo ended; exit 0' TERM; echo up; while :; do sleep 0.02; done");
  ASSERT_TRUE(look_until(daemon, [&] { return text_of("log") == "up\n"; }));
  daemon.end(seconds(20), [] { return false; });
  EXPECT_EQ(text_of("log"), "up\nended\n");
}

TEST_F(SupervisedTest, KillsWhatDoesNotEndInTimeOrWhenItIsHurried) {
  for (const bool is_hurried : {false, true}) {
    auto daemon = shell("trap '' TERM; echo $$; while :; do sleep 0.02; done");
    ASSERT_TRUE(look_until(daemon, [&] { return text_of("log").find('\n') != std::string::npos; }));
    const pid_t pid = std::stoi(text_of("log"));
    daemon.end(is_hurried ? seconds(3600) : seconds(0), [&] { return is_hurried; });
    EXPECT_FALSE(is_running(pid));
    std::filesystem::remove(folder / "log");
  }
}

TEST_F(SupervisedTest, GivesUpAtOnceOnWhatIsRefused) {
  auto daemon = shell("echo '--device cuda:0: there is no such device' >&2; exit 2");
  ASSERT_TRUE(look_until(daemon, [&] { return given_up.has_value(); }));
  EXPECT_TRUE(news.empty()) << "said once";
  EXPECT_EQ(given_up->code, ErrorCode::invalid_argument);
  EXPECT_NE(given_up->message.find("no such device"), std::string::npos) << given_up->message;
}

TEST_F(SupervisedTest, GivesUpOnWhatIsRefusedHoweverLongItTakesToFindOut) {
  auto daemon = shell("trap 'exit 2' TERM; echo $$; while :; do sleep 0.02; done");
  ASSERT_TRUE(look_until(daemon, [&] { return text_of("log").find('\n') != std::string::npos; }));
  now += std::chrono::hours(1);
  ::kill(std::stoi(text_of("log")), SIGTERM);
  ASSERT_TRUE(look_until(daemon, [&] { return given_up.has_value(); }));
  EXPECT_TRUE(news.empty()) << "no other start";
  EXPECT_EQ(given_up->code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace spin::cli
