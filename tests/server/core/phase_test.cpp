#include "server/core/phase.h"

#include <array>
#include <set>
#include <utility>

#include <gtest/gtest.h>

namespace spin::core {
namespace {

constexpr AttemptToken kOld{1, 1};
constexpr AttemptToken kNew{1, 2};

std::unique_ptr<Attempt> attempt(const AttemptToken& token) {
  auto made = std::make_unique<Attempt>();
  made->token = token;
  return made;
}

JobPhase make_phase(std::size_t index) {
  const auto reason = std::make_shared<const std::string>("why");
  switch (index) {
    case 0:
      return Waiting{1};
    case 1:
      return Ready{kOld};
    case 2:
      return Backoff{Now{}, kOld};
    case 3:
      return Running{attempt(kOld)};
    case 4:
      return Completed{};
    case 5:
      return Diverged{};
    case 6:
      return Failed{reason};
    case 7:
      return Blocked{std::make_shared<const Obstacle>(Obstacle{JobKey{1}, "why"})};
    case 8:
      return Cancelled{};
    default:
      return Paused{kOld};
  }
}

JobInput make_input(std::size_t index) {
  const auto reason = std::make_shared<const std::string>("why");
  switch (index) {
    case 0:
      return DependencyDone{};
    case 1:
      return Block{std::make_shared<const Obstacle>(Obstacle{JobKey{1}, "why"})};
    case 2:
      return core::Run{attempt(kNew)};
    case 3:
      return Lose{};
    case 4:
      return GiveBack{};
    case 5:
      return Retry{};
    case 6:
      return BackoffOver{};
    case 7:
      return GiveUp{reason};
    case 8:
      return Finish{kNew, Outcome::completed};
    case 9:
      return Cancel{};
    case 10:
      return Revive{1};
    case 11:
      return Pause{};
    case 12:
      return Resume{1};
    default:
      return Restart{1};
  }
}

// Where each input leads from each state, in the order of JobPhase and JobInput; "." is refused. Written down
// from the life of a job in the design, not from the code.
constexpr std::array<const char*, 10> kNext = {
    // done block run lose back retry over giveup finish cancel revive pause resume restart
    "R b . . . . . . C x . p . W",  // waiting
    ". . r . . . . . C x . p . W",  // ready
    ". . r . . . R . C x . p . W",  // backoff
    ". . . R R o . F C x . p . W",  // running
    ". . . . . . . . . . . . . W",  // completed
    ". . . . . . . . . . . . . W",  // diverged
    ". . . . . . . . C . W . . .",  // failed
    ". b . . . . . . C x W . . .",  // blocked
    ". . . . . . . . . . W . . .",  // cancelled
    ". . . . p . . . C x . . W .",  // paused
};

JobState state_named(char name) {
  constexpr std::string_view kNames = "WRorCDFbxp";
  return static_cast<JobState>(kNames.find(name));
}

TEST(Phase, EveryPairOfStateAndInputLeadsWhereTheTableSays) {
  for (std::size_t from = 0; from < std::variant_size_v<JobPhase>; ++from) {
    for (std::size_t input = 0; input < std::variant_size_v<JobInput>; ++input) {
      JobPhase phase = make_phase(from);
      const Status status = transition(phase, make_input(input));
      const char expected = kNext[from][2 * input];
      EXPECT_EQ(status.ok(), expected != '.') << from << " " << input;
      EXPECT_EQ(state_of(phase), expected == '.' ? static_cast<JobState>(from) : state_named(expected))
          << from << " " << input;
    }
  }
}

TEST(Phase, ARefusedInputIsNamed) {
  JobPhase phase = Completed{};
  const Status status = transition(phase, Cancel{});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "a completed job cannot take the input 'cancel'");
}

TEST(Phase, WaitsForTheLastDependency) {
  JobPhase phase = Waiting{2};
  ASSERT_TRUE(transition(phase, DependencyDone{}).ok());
  EXPECT_EQ(std::get<Waiting>(phase).unmet, 1);
  ASSERT_TRUE(transition(phase, DependencyDone{}).ok());
  EXPECT_TRUE(std::holds_alternative<Ready>(phase));
}

TEST(Phase, ALostAttemptIsRememberedWhileAnotherRuns) {
  JobPhase phase = Running{attempt(kOld)};
  ASSERT_TRUE(transition(phase, Lose{}).ok());
  EXPECT_EQ(std::get<Ready>(phase).lost, kOld);
  ASSERT_TRUE(transition(phase, core::Run{attempt(kNew)}).ok());
  EXPECT_EQ(std::get<Running>(phase).attempt->lost, kOld);
  ASSERT_TRUE(transition(phase, Retry{Now{}}).ok());
  EXPECT_EQ(std::get<Backoff>(phase).wait->lost, kOld);
}

TEST(Phase, ALostAttemptThatComesBackIsNotLostAnyMore) {
  JobPhase phase = Ready{kOld};
  ASSERT_TRUE(transition(phase, core::Run{attempt(kOld)}).ok());
  EXPECT_FALSE(std::get<Running>(phase).attempt->lost.has_value());
}

TEST(Phase, APauseRemembersTheAttemptThatMaySaveItsCheckpoint) {
  JobPhase phase = Running{attempt(kOld)};
  ASSERT_TRUE(transition(phase, Pause{}).ok());
  EXPECT_EQ(std::get<Paused>(phase).saving, kOld);
  ASSERT_TRUE(transition(phase, Resume{0}).ok());
  EXPECT_EQ(std::get<Ready>(phase).lost, kOld);
}

TEST(Phase, APausedJobForgetsTheAttemptThatHasSaved) {
  JobPhase phase = Paused{kOld};
  ASSERT_TRUE(transition(phase, GiveBack{}).ok());
  EXPECT_EQ(std::get<Paused>(phase).saving, MaybeAttempt());
}

TEST(Phase, ADivergedResultIsAStateOfItsOwn) {
  JobPhase phase = Running{attempt(kOld)};
  ASSERT_TRUE(transition(phase, Finish{kOld, Outcome::diverged}).ok());
  EXPECT_EQ(std::get<Diverged>(phase).winner, kOld);
}

}  // namespace
}  // namespace spin::core
