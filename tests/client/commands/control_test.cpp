#include <cstdlib>
#include <sstream>

#include <signal.h>

#include "client/commands/invocation.h"
#include "tests/client/commands/control_fixture.h"

// The real program against a Control service on a real socket.

namespace spin::cli {
namespace {

using nlohmann::json;
using std::chrono::seconds;

TEST_F(ControlTest, SubmitPrintsTheIdAsJsonToo) {
  const auto answer = ask_json({"submit", sweep, "--set", "name=other", "--set", "seeds=[0, 1]"});
  EXPECT_EQ(
      answer,
      json::parse(
          R"({"sweep": 2, "name": "other", "jobs": 4, "jobs_new": 4, "jobs_retrained": 0, "replaced": []})"));
}

TEST_F(ControlTest, SubmitShowsTheCoordinatorsWordOnBadInput) {
  const auto bad = write_file(folder / "bad.yaml", std::string(kSweep) + "shaping: {}\n");
  const auto finished = ask({"submit", bad});
  EXPECT_EQ(finished.exit_code, kBadInput);
  EXPECT_NE(finished.errors.find("bad.yaml:8: shaping"), std::string::npos) << finished.errors;
  EXPECT_EQ(ask_json({"status"}).size(), 1U);
}

TEST_F(ControlTest, SubmitTellsOfAnEarlierSweepOfThatName) {
  coordinator.finish(0, 89.5);
  coordinator.finish(1, 88.5);
  const auto again = ask({"submit", sweep});
  EXPECT_EQ(again.exit_code, kDone) << again.errors;
  EXPECT_NE(
      again.errors.find("an earlier sweep has that name too: id 1; from now on `spinctl results tiny` shows "
                        "the new one, and `spinctl results 1` the earlier"),
      std::string::npos)
      << again.errors;
  EXPECT_EQ(ask({"submit", sweep, "--set", "name=other"}).errors.find("earlier"), std::string::npos);
}

TEST_F(ControlTest, SubmitHandsInThoughTheListingForAHintFails) {
  coordinator.refuse_listings();
  const auto finished = ask({"submit", sweep, "--set", "name=other"});
  EXPECT_EQ(finished.exit_code, kDone) << finished.errors;
  EXPECT_EQ(finished.output, "sweep 2 (other): 2 jobs, 2 new\n");
}

TEST_F(ControlTest, StatusShowsCountsAndRunningJobs) {
  coordinator.start(0, Progress{{1, 1}, 2, 3, 50, 100, 0.5, 1900});
  const auto rows = ask_json({"status"});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("running"), 1);
  EXPECT_EQ(rows[0].at("ready"), 1);
  const auto one = ask({"status", "tiny"});
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_NE(one.output.find("2/3"), std::string::npos) << one.output;
  EXPECT_NE(one.output.find("1.9 k"), std::string::npos) << one.output;
}

TEST_F(ControlTest, JobsAndJob) {
  coordinator.finish(0, 89.5);
  coordinator.fail(1, "no such folder: /data");
  const auto jobs = ask_json({"jobs", "tiny"});
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0].at("top1"), 89.5);
  EXPECT_EQ(jobs[1].at("state"), "failed");
  EXPECT_EQ(jobs[1].at("reason"), "no such folder: /data");
  const auto job = ask_json({"job", jobs[0].at("job").get<std::string>().substr(0, 12)});
  EXPECT_EQ(job.at("name"), jobs[0].at("name"));
}

TEST_F(ControlTest, UnknownNamesAreBadInput) {
  for (const auto* verb : {"status", "watch", "jobs", "results", "cancel"}) {
    const auto finished = ask({verb, "nosuch"});
    EXPECT_EQ(finished.exit_code, kBadInput) << verb;
    EXPECT_NE(finished.errors.find("nosuch"), std::string::npos) << finished.errors;
  }
  EXPECT_EQ(ask({"job", "0123456789"}).exit_code, kBadInput);
  EXPECT_EQ(ask({"logs", "0123456789"}).exit_code, kBadInput);
}

TEST_F(ControlTest, WorkersAndTheEmptyListing) {
  const auto none = ask({"workers"});
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_EQ(none.output, "");
  EXPECT_NE(none.errors.find("no workers yet"), std::string::npos) << none.errors;
  EXPECT_EQ(ask_json({"workers"}), json::array());
  coordinator.attach({"w1", "host", "0.1.0", "online", {"cpu"}, 2, 1, 1, 7, 0});
  EXPECT_EQ(ask_json({"workers"})[0].at("name"), "w1");
}

TEST_F(ControlTest, CancelSaysHowManyJobs) {
  const auto first = ask({"cancel", "tiny"});
  EXPECT_EQ(first.exit_code, 0);
  EXPECT_EQ(first.output, "cancelled 2 jobs\n");
  const auto again = ask({"cancel", "tiny"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.output, "");
  EXPECT_NE(again.errors.find("nothing"), std::string::npos) << again.errors;
}

TEST_F(ControlTest, WatchEndsWithTheSweep) {
  auto watch = begin({"watch", "tiny"});
  ASSERT_TRUE(shows(watch, "0 of 2 done")) << watch.output();
  coordinator.finish(0, 89.5);
  coordinator.finish(1, 88.5);
  EXPECT_EQ(watch.wait(seconds(20)), 0) << watch.output();
  EXPECT_NE(watch.output().find("top-1 89.50 %"), std::string::npos) << watch.output();
  EXPECT_NE(watch.output().find("2 of 2 done"), std::string::npos) << watch.output();
}

TEST_F(ControlTest, WatchTellsFailuresAsTheyHappenAndEndsWithOne) {
  auto watch = begin({"watch", "tiny"});
  ASSERT_TRUE(shows(watch, "0 of 2 done")) << watch.output();
  coordinator.fail(0, "no such folder: /data");
  EXPECT_TRUE(shows(watch, "no such folder: /data")) << watch.output();
  EXPECT_TRUE(watch.running()) << "one job is still to go";
  coordinator.finish(1, 88.5);
  EXPECT_EQ(watch.wait(seconds(20)), kWorkFailed) << watch.output();
}

TEST_F(ControlTest, AReasonThatManyJobsHaveIsToldOnce) {
  auto watch = begin({"watch", "tiny"});
  ASSERT_TRUE(shows(watch, "0 of 2 done")) << watch.output();
  coordinator.fail(0, "no such folder: /data");
  ASSERT_TRUE(shows(watch, ".s0: no such folder: /data")) << watch.output();
  coordinator.fail(1, "no such folder: /data");
  EXPECT_EQ(watch.wait(seconds(20)), kWorkFailed) << watch.output();
  EXPECT_NE(watch.output().find(".sequential-2.s0: for the same reason"), std::string::npos)
      << watch.output();
  EXPECT_EQ(watch.output().find("no such folder"), watch.output().rfind("no such folder")) << watch.output();
}

TEST_F(ControlTest, WatchSurvivesTheCoordinatorsRestart) {
  auto watch = begin({"watch", "tiny"});
  ASSERT_TRUE(shows(watch, "0 of 2 done")) << watch.output();
  vanish();
  ASSERT_TRUE(shows(watch, "trying again")) << watch.output();
  coordinator.finish(0, 89.5);
  coordinator.finish(1, 88.5);
  serve();
  EXPECT_EQ(watch.wait(seconds(30)), 0) << watch.output();
  EXPECT_NE(watch.output().find("2 of 2 done"), std::string::npos) << watch.output();
}

TEST_F(ControlTest, InterruptedWatchLeavesTheSweepRunning) {
  auto watch = begin({"watch", "tiny"});
  ASSERT_TRUE(shows(watch, "0 of 2 done")) << watch.output();
  watch.signal(SIGINT);
  EXPECT_EQ(watch.wait(seconds(20)), 128 + SIGINT) << watch.output();
  EXPECT_NE(watch.output().find("the sweep goes on"), std::string::npos) << watch.output();
  EXPECT_EQ(coordinator.state(0), JobState::ready);
}

TEST_F(ControlTest, InterruptedWatchEndsThoughTheCoordinatorIsGone) {
  auto watch = begin({"watch", "tiny"});
  ASSERT_TRUE(shows(watch, "0 of 2 done")) << watch.output();
  vanish();
  ASSERT_TRUE(shows(watch, "trying again")) << watch.output();
  watch.signal(SIGTERM);
  EXPECT_EQ(watch.wait(seconds(20)), 128 + SIGTERM) << watch.output();
  EXPECT_NE(watch.output().find("stopped watching"), std::string::npos) << watch.output();
}

TEST_F(ControlTest, InterruptEndsCallsThatGetNoAnswer) {
  struct Case {
    std::vector<std::string> args;
    int signal;
    const char* message;
  };
  const auto job = ask_json({"jobs", "tiny"})[0].at("job").get<std::string>();
  FakeCoordinator::Hold hold(coordinator);
  for (const auto& [args, signal, message] :
       {Case{{"submit", sweep, "--wait"}, SIGINT, "stopped before the coordinator answered"},
        Case{{"watch", "tiny"}, SIGINT, "stopped watching; the sweep goes on"},
        Case{{"logs", job, "-f"}, SIGTERM, ""}}) {
    auto process = begin(args);
    ASSERT_TRUE(hold.has_new_call(seconds(20))) << args[0] << "\n" << process.output();
    process.signal(signal);
    EXPECT_EQ(process.wait(seconds(20)), 128 + signal) << args[0] << "\n" << process.output();
    EXPECT_NE(process.output().find(message), std::string::npos) << process.output();
  }
}

TEST_F(ControlTest, SubmitWaitEndsWithOneWhereAJobFailed) {
  auto submit = begin({"submit", sweep, "--set", "name=second", "--wait"});
  ASSERT_TRUE(shows(submit, "sweep 2 (second): 2 jobs")) << submit.output();
  coordinator.finish(0, 89.5);
  coordinator.fail(1, "out of memory");
  EXPECT_EQ(submit.wait(seconds(20)), kWorkFailed) << submit.output();
  EXPECT_NE(submit.output().find("out of memory"), std::string::npos) << submit.output();
}

TEST_F(ControlTest, LogsAreShownOnce) {
  const auto job = ask_json({"jobs", "tiny"})[0].at("job").get<std::string>();
  const auto none = ask({"logs", job});
  EXPECT_EQ(none.output, "");
  EXPECT_NE(none.errors.find("no log lines"), std::string::npos) << none.errors;
  coordinator.log(0, "first");
  coordinator.log(0, "second, with \x1b[31mcolour");
  EXPECT_EQ(ask({"logs", job}).output, "first\nsecond, with \x1b[31mcolour\n")
      << "a file gets the log as it is";
}

TEST_F(ControlTest, LogsAsJsonAreALineForEachOfTheLog) {
  const auto job = ask_json({"jobs", "tiny"})[0].at("job").get<std::string>();
  coordinator.log(0, "first");
  coordinator.log(0, "second, with \x1b[31mcolour");
  const auto finished = ask({"logs", job, "--format", "json"});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  std::istringstream lines(finished.output);
  std::string first, second, more;
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_EQ(json::parse(first), json::parse(R"({"number": 1, "at_ms": 0, "text": "first"})"));
  EXPECT_EQ(json::parse(second).at("text"), "second, with \x1b[31mcolour");
  EXPECT_FALSE(std::getline(lines, more)) << more;
}

TEST_F(ControlTest, FollowedLogGoesOnAfterARestartWithoutRepeating) {
  const auto job = ask_json({"jobs", "tiny"})[0].at("job").get<std::string>();
  coordinator.log(0, "first");
  auto logs = begin({"logs", job, "-f"});
  ASSERT_TRUE(shows(logs, "first")) << logs.output();
  vanish();
  ASSERT_TRUE(shows(logs, "trying again")) << logs.output();
  coordinator.log(0, "second");
  serve();
  ASSERT_TRUE(shows(logs, "second")) << logs.output();
  coordinator.finish(0, 90);
  EXPECT_EQ(logs.wait(seconds(20)), 0) << logs.output();
  EXPECT_EQ(logs.output().find("first"), logs.output().rfind("first")) << logs.output();
}

TEST_F(ControlTest, AddressFromTheEnvironment) {
  ::setenv("SPIN_CONNECT", ("unix:" + (folder / "sock").string()).c_str(), 1);
  const auto finished = spinctl({"status", "--format", "json"});
  const auto elsewhere = spinctl({"status", "--connect", "unix:" + (folder / "none").string()});
  ::unsetenv("SPIN_CONNECT");
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_EQ(elsewhere.exit_code, kNoCoordinator) << "what is typed counts more";
}

/// Refuses everybody, as a coordinator with roles does.
class RefusingService final : public v1::Control::Service {
  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*, v1::GetStatusResponse*) override {
    return {grpc::StatusCode::PERMISSION_DENIED, "role 'reader' may not do that"};
  }
  grpc::Status ListWorkers(grpc::ServerContext*, const v1::ListWorkersRequest*,
                           v1::ListWorkersResponse*) override {
    return {grpc::StatusCode::UNAUTHENTICATED, "who are you?"};
  }
};

TEST(Refusal, IsFour) {
  const TempFolder folder;
  const auto socket = (folder / "sock").string();
  RefusingService service;
  const ControlServer server(service, socket);
  const auto status = spinctl({"status", "--connect", "unix:" + socket});
  EXPECT_EQ(status.exit_code, kRefused);
  EXPECT_EQ(status.errors, "spinctl: role 'reader' may not do that\n");
  EXPECT_EQ(spinctl({"workers", "--connect", "unix:" + socket}).exit_code, kRefused);
}

}  // namespace
}  // namespace spin::cli
