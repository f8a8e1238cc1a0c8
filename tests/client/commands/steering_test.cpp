#include "client/commands/invocation.h"
#include "tests/client/commands/control_fixture.h"

namespace spin::cli {
namespace {

using std::chrono::seconds;

class SteeringTest : public ControlTest {
 protected:
  std::string name_of_job(std::size_t index) { return ask_json({"jobs", "tiny"})[index].at("name"); }
};

TEST_F(SteeringTest, PauseSaysHowManyJobsAndHowToGoOn) {
  coordinator.start(0, Progress{{1, 1}, 2, 3, 50, 100, 0.5, 1900});
  const auto paused = ask({"pause", "tiny"});
  EXPECT_EQ(paused.exit_code, kDone) << paused.errors;
  EXPECT_EQ(paused.output, "paused 2 jobs; `spinctl resume tiny` goes on\n");
  EXPECT_EQ(coordinator.state(0), JobState::paused);
  const auto status = ask_json({"status"})[0];
  EXPECT_EQ(status.at("paused"), 2);
  EXPECT_EQ(status.at("is_paused"), true);
  EXPECT_NE(ask({"status"}).output.find("paused"), std::string::npos);
}

TEST_F(SteeringTest, ResumeGoesOn) {
  ask({"pause", "tiny"});
  const auto resumed = ask({"resume", "tiny"});
  EXPECT_EQ(resumed.exit_code, kDone) << resumed.errors;
  EXPECT_EQ(resumed.output, "resumed 2 jobs as workers become free\n");
  EXPECT_EQ(coordinator.state(0), JobState::ready);
}

TEST_F(SteeringTest, WhatIsAsItWasAskedToBeIsNoFailure) {
  const auto name = "tiny/" + name_of_job(0);
  const auto twice = [&](const std::vector<std::string>& args) {
    ask(args);
    const auto again = ask(args);
    EXPECT_EQ(again.exit_code, kDone) << args[0] << "\n" << again.errors;
    EXPECT_EQ(again.output, "");
    EXPECT_NE(again.errors.find("already; there is nothing to change"), std::string::npos) << again.errors;
  };
  for (const auto& target : {name, std::string("tiny")})
    for (const auto* verb : {"pause", "resume", "cancel", "retry"}) twice({verb, target});
  coordinator.fail(0, "no such folder: /data");
  twice({"retry", "tiny", "--failed"});
}

TEST_F(SteeringTest, WhatIsOverStaysRefused) {
  const auto name = "tiny/" + name_of_job(0);
  coordinator.finish(0, 89.5);
  coordinator.finish(1, 89.5);
  for (const auto& target : {name, std::string("tiny")}) {
    for (const auto* verb : {"pause", "resume"}) {
      const auto moot = ask({verb, target});
      EXPECT_EQ(moot.exit_code, kDone) << verb << " " << target;
      EXPECT_NE(moot.errors.find("past that already; there is nothing to change"), std::string::npos)
          << moot.errors;
    }
    for (const auto* verb : {"cancel", "retry"}) {
      const auto refused = ask({verb, target});
      EXPECT_EQ(refused.exit_code, kBadInput) << verb << " " << target;
      EXPECT_NE(refused.errors.find("past that already\n"), std::string::npos) << refused.errors;
    }
    EXPECT_EQ(ask({"priority", target, "1"}).exit_code, kBadInput);
  }
}

TEST_F(SteeringTest, JsonIsOneObject) {
  const auto object = [](const char* target, const char* action, int jobs) {
    return nlohmann::json{{"target", target}, {"action", action}, {"jobs", jobs}};
  };
  EXPECT_EQ(ask_json({"pause", "tiny"}), object("tiny", "pause", 2));
  EXPECT_EQ(ask_json({"pause", "tiny"}), object("tiny", "pause", 0)) << "it is paused already";
  EXPECT_EQ(ask_json({"resume", "1"}), object("1", "resume", 2));
  EXPECT_EQ(ask_json({"priority", "tiny", "10"}), object("tiny", "priority", 2));
  EXPECT_EQ(ask_json({"cancel", "tiny"}), object("tiny", "cancel", 2));
  EXPECT_EQ(ask_json({"retry", "tiny"}), object("tiny", "retry", 2));
  EXPECT_EQ(ask({"pause", "tiny", "--format", "csv"}).output, "target,action,jobs\r\ntiny,pause,2\r\n");
  EXPECT_EQ(ask({"pause", "nosuch", "--format", "json"}).output, "");
}

TEST_F(SteeringTest, OneJobIsPausedAlone) {
  const auto name = name_of_job(1);
  const auto paused = ask({"pause", "tiny/" + name});
  EXPECT_EQ(paused.output, "paused 1 job; `spinctl resume tiny/" + name + "` goes on\n") << paused.errors;
  EXPECT_EQ(coordinator.state(0), JobState::ready);
  EXPECT_EQ(coordinator.state(1), JobState::paused);
}

TEST_F(SteeringTest, RetryTakesFailedJobsUpAndCancelledOnesUnlessToldNotTo) {
  coordinator.fail(0, "no such folder: /data");
  ask({"cancel", "tiny"});
  const auto failed = ask({"retry", "tiny", "--failed"});
  EXPECT_EQ(failed.exit_code, kDone) << failed.errors;
  EXPECT_EQ(failed.output, "1 job to be tried again\n");
  EXPECT_EQ(coordinator.state(0), JobState::ready);
  EXPECT_EQ(coordinator.state(1), JobState::cancelled);
  EXPECT_EQ(ask({"retry", "tiny"}).output, "1 job to be tried again\n");
  EXPECT_EQ(coordinator.state(1), JobState::ready);
}

TEST_F(SteeringTest, PriorityOfASweepAndOfAJob) {
  EXPECT_EQ(ask_json({"status"})[0].at("priority"), 0);
  const auto sweep_set = ask({"priority", "tiny", "10"});
  EXPECT_EQ(sweep_set.exit_code, kDone) << sweep_set.errors;
  EXPECT_EQ(sweep_set.output, "priority 10 for 2 jobs; jobs that run are not interrupted\n");
  EXPECT_EQ(ask_json({"status"})[0].at("priority"), 10);
  const auto job_set = ask({"priority", "tiny/" + name_of_job(1), "-5"});
  EXPECT_EQ(job_set.exit_code, kDone) << job_set.errors;
  EXPECT_EQ(ask_json({"jobs", "tiny"})[1].at("priority"), -5);
  EXPECT_NE(ask({"jobs", "tiny"}).output.find("priority"), std::string::npos);
}

TEST_F(SteeringTest, PriorityThatIsNoneIsBadUsage) {
  for (const auto* text : {"ten", "1.5", "1000001"}) {
    const auto finished = ask({"priority", "tiny", text});
    EXPECT_EQ(finished.exit_code, kBadInput) << text;
    const auto words = "'" + std::string(text) +
                       "' is no priority; a whole number from -1000000 to 1000000 is one, such as 10";
    EXPECT_NE(finished.errors.find(words), std::string::npos) << finished.errors;
  }
  EXPECT_EQ(ask({"priority", "tiny"}).exit_code, kBadInput);
}

TEST_F(SteeringTest, UnknownTargetsAreBadInput) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"pause", "nosuch"}, {"resume", "nosuch"}, {"retry", "nosuch"}, {"priority", "nosuch", "1"}}) {
    const auto finished = ask(args);
    EXPECT_EQ(finished.exit_code, kBadInput) << args[0];
    EXPECT_NE(finished.errors.find("nosuch"), std::string::npos) << finished.errors;
  }
}

TEST_F(SteeringTest, WatchOfAPausedSweepEndsAndSaysHowToGoOn) {
  auto watch = begin({"watch", "tiny"});
  ASSERT_TRUE(shows(watch, "0 of 2 done")) << watch.output();
  ask({"pause", "tiny"});
  EXPECT_EQ(watch.wait(seconds(20)), kWorkFailed) << watch.output();
  EXPECT_NE(watch.output().find("of 2 jobs 2 paused"), std::string::npos) << watch.output();
  EXPECT_NE(watch.output().find("`spinctl resume tiny` goes on"), std::string::npos) << watch.output();
}

TEST_F(SteeringTest, EditedSweepIsRefusedUntilItMayReplaceTheOldOne) {
  const std::vector<std::string> edited{"submit", sweep, "--set", "axes.sharing.rate=[2, 4, 8]"};
  const auto refused = ask(edited);
  EXPECT_EQ(refused.exit_code, kBadInput);
  EXPECT_NE(refused.errors.find("--replace"), std::string::npos) << refused.errors;
  auto replacing = edited;
  replacing.emplace_back("--replace");
  const auto taken = ask(replacing);
  EXPECT_EQ(taken.exit_code, kDone) << taken.errors;
  EXPECT_EQ(taken.output,
            "sweep 2 (tiny): 3 jobs, 2 new, 1 known already\n"
            "it takes the place of sweep 1: 1 job cancelled, what both need goes on\n");
  EXPECT_EQ(taken.errors.find("sweep has that name"), std::string::npos) << "told already: " << taken.errors;
  EXPECT_EQ(ask_json({"status", "1"})[0].at("cancelled"), 1) << "what only the old one had is ended";
}

TEST_F(SteeringTest, ASubmissionTellsOfTheDataInSightAndWhatIsToBecomeOfFinishedJobs) {
  const auto submission = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"submit", sweep, "--replace"};
    words.insert(words.end(), more.begin(), more.end());
    const auto finished = ask(words);
    EXPECT_EQ(finished.exit_code, kDone) << finished.errors;
    return coordinator.submission();
  };
  const auto usual = submission({"--set", "training.epochs=7"});
  EXPECT_EQ(usual.retrain, Retrain::refuse);
  ASSERT_EQ(usual.data.size(), 1U) << "the package's files are where they usually lie";
  EXPECT_EQ(usual.data[0].dataset, "fashion-mnist");
  EXPECT_EQ(usual.data[0].state.fingerprint.size(), 32U);
  EXPECT_TRUE(submission({"--set", "training.epochs=8", "--set", "dataset.root=/nowhere"}).data.empty());
  EXPECT_EQ(submission({"--set", "training.epochs=9", "--retrain"}).retrain, Retrain::changed);
  EXPECT_EQ(submission({"--set", "training.epochs=10", "--retrain=all"}).retrain, Retrain::all);
  EXPECT_EQ(submission({"--set", "training.epochs=11", "--retrain=none"}).retrain, Retrain::keep);
  EXPECT_EQ(ask({"submit", sweep, "--retrain=some"}).exit_code, kBadInput);
}

}  // namespace
}  // namespace spin::cli
