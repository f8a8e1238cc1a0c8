#include <iterator>

#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

/// A sweep that is handed over in parts.
class SweepInParts : public testing::Test {
 protected:
  explicit SweepInParts(
      const PlanOf& whole = PlanOf("s").job("a").job("b").job("c", {"a"}).job("d").job("e", {"d"}))
      : whole_(*whole.plan()) {}

  PlanPart part(std::int64_t first, std::int64_t jobs) const {
    PlanPart part;
    part.first_job = first;
    part.first_cell = static_cast<int>(first);
    std::copy_n(whole_.cells.begin() + first, jobs, std::back_inserter(part.cells));
    std::copy_n(whole_.jobs.begin() + first, jobs, std::back_inserter(part.jobs));
    return part;
  }
  std::vector<Message> begin(std::int64_t jobs, bool replace = false) {
    auto first = std::make_shared<FirstPart>(whole_);
    first->jobs.resize(static_cast<std::size_t>(jobs));
    first->cells.resize(static_cast<std::size_t>(jobs));
    PlanDigest digest;
    for (const PartJob& job : whole_.jobs) digest.add(job.id);
    return harness_.send(SweepSubmitted{1, first, "", {}, 0, replace, digest});
  }
  std::vector<Message> extend(PlanPart part) {
    return harness_.send(SweepExtended{2, kSweep, std::make_shared<const PlanPart>(std::move(part))});
  }
  SubmitAccepted accepted() const {
    const auto answers = all_of<SubmitAccepted>(harness_.last);
    EXPECT_EQ(answers.size(), 1U);
    return answers.empty() ? SubmitAccepted{} : answers[0];
  }
  Error refused(PlanPart part) {
    extend(std::move(part));
    EXPECT_TRUE(harness_.changes.empty()) << "nothing of a refused part is stored";
    const auto answers = all_of<RequestRefused>(harness_.last);
    EXPECT_EQ(answers.size(), 1U);
    return answers.empty() ? Error{} : answers[0].error;
  }
  SweepStatus status() const { return harness_.status(kSweep); }

  static constexpr SweepId kSweep{1};
  const FirstPart whole_;
  Harness harness_;
};

TEST_F(SweepInParts, ItsFirstJobsRunBeforeTheOthersAreThere) {
  begin(2);
  EXPECT_EQ(accepted().jobs, 2);
  EXPECT_EQ(status().jobs_to_come, 3);
  harness_.finish(harness_.lease_to("w"));
  EXPECT_EQ(harness_.state("a"), JobState::completed);
  extend(part(2, 3));
  EXPECT_EQ(accepted().jobs, 5);
  EXPECT_EQ(accepted().jobs_new, 3);
  EXPECT_EQ(status().jobs_to_come, 0);
  EXPECT_EQ(harness_.state("c"), JobState::ready) << "what it depends on was done before it came";
  EXPECT_EQ(harness_.state("e"), JobState::waiting);
  EXPECT_FALSE(harness_.store.sweeps().at(kSweep).full_plan.has_value());
}

TEST_F(SweepInParts, KeepsItsNameWhileNothingOfItIsLeftToRun) {
  begin(1);
  harness_.finish(harness_.lease_to("w"));
  EXPECT_EQ(harness_.submit_refused(PlanOf("s").job("x")).code, ErrorCode::already_exists);
}

TEST_F(SweepInParts, TheSamePlanAgainIsTheSameSweep) {
  begin(2);
  begin(3);
  EXPECT_TRUE(accepted().known);
  EXPECT_EQ(accepted().sweep, kSweep);
  EXPECT_EQ(accepted().jobs, 5);
  extend(part(2, 3));
  EXPECT_EQ(harness_.submit(PlanOf("s").job("a").job("b").job("c", {"a"}).job("d").job("e", {"d"})), kSweep);
}

TEST_F(SweepInParts, GoesOnAfterARestart) {
  begin(2);
  extend(part(2, 1));
  harness_.restart();
  EXPECT_EQ(status().jobs_to_come, 2);
  begin(2);
  EXPECT_TRUE(accepted().known) << "the plan is recognized though most of it is not there";
  extend(part(3, 2));
  EXPECT_EQ(status().jobs_to_come, 0);
  EXPECT_EQ(status().counts.total(), 5);
}

TEST_F(SweepInParts, APartOfComparisonsAloneIsTakenBeforeTheLastJobs) {
  begin(2);
  PlanPart compared;
  compared.first_job = 2;
  compared.comparisons = {{0, 0}};
  extend(compared);
  EXPECT_EQ(accepted().jobs, 2);
  EXPECT_EQ(status().jobs_to_come, 3);
  extend(compared);
  EXPECT_EQ(accepted().jobs, 2) << "again, after a restart in between";
  extend(part(2, 3));
  EXPECT_EQ(status().jobs_to_come, 0);
}

TEST_F(SweepInParts, APartThatIsNotNextIsRefused) {
  begin(2);
  EXPECT_NE(refused(part(0, 2)).message.find("has 2 of 5 jobs; those from 0 to 2 do not come next"),
            std::string::npos);
  EXPECT_EQ(refused(part(3, 1)).code, ErrorCode::invalid_argument);
  auto more = part(2, 3);
  more.jobs.push_back(more.jobs.back());
  more.jobs.back().id = id_of("f");
  EXPECT_EQ(refused(more).code, ErrorCode::invalid_argument);
}

TEST_F(SweepInParts, APartThatIsNotSoundIsRefused) {
  begin(2);
  auto twice = part(2, 1);
  twice.jobs[0].id = whole_.jobs[0].id;
  EXPECT_NE(refused(twice).message.find("is there twice"), std::string::npos);
  auto alone = part(2, 1);
  alone.jobs[0].inputs = {{InputRole::init, id_of("d")}};
  EXPECT_NE(refused(alone).message.find("does not stand before it"), std::string::npos);
  auto nowhere = part(2, 1);
  nowhere.first_cell = 3;
  EXPECT_NE(refused(nowhere).message.find("stands in cell 2"), std::string::npos);
  EXPECT_EQ(refused(part(2, 0)).code, ErrorCode::invalid_argument);
}

TEST_F(SweepInParts, OtherJobsThanThosePlannedAreRefusedAtTheEnd) {
  begin(2);
  auto other = part(2, 3);
  other.jobs[2].id = id_of("f");
  EXPECT_NE(refused(other).message.find("other jobs than those that were planned"), std::string::npos);
}

TEST_F(SweepInParts, HasAPriorityBetweenItsParts) {
  begin(1);
  harness_.finish(harness_.lease_to("w"));
  EXPECT_EQ(harness_.steer(kSweep, steer::SetPriority{3}), 4);
}

TEST_F(SweepInParts, CancelledBeforeItsEndItIsNotRetried) {
  begin(2);
  harness_.cancel(kSweep);
  const Error error = harness_.steer_refused(kSweep, steer::Retry{});
  EXPECT_NE(error.message.find("when 2 of its 5 jobs were stored; submit its file again"), std::string::npos)
      << error.message;
}

TEST_F(SweepInParts, AskedForTheOldOneAgainItDoesNotTakeItsPlace) {
  harness_.submit(PlanOf("s").job("d").job("x"));
  begin(2, true);
  EXPECT_EQ(harness_.submit(PlanOf("s").job("d").job("x"), true), kSweep);
  harness_.send(SweepExtended{2, SweepId{2}, std::make_shared<const PlanPart>(part(2, 3))});
  EXPECT_EQ(all_of<RequestRefused>(harness_.last).size(), 1U);
  EXPECT_EQ(harness_.state("x"), JobState::ready);
}

TEST_F(SweepInParts, IsCompleteWhenAllJobsAreThere) {
  begin(2);
  extend(part(2, 3));
  EXPECT_EQ(refused(part(2, 3)).code, ErrorCode::failed_precondition);
}

TEST_F(SweepInParts, EndsWithACancel) {
  begin(2);
  harness_.cancel(kSweep);
  const Error error = refused(part(2, 3));
  EXPECT_EQ(error.code, ErrorCode::failed_precondition);
  EXPECT_NE(error.message.find("was cancelled while its jobs were being stored"), std::string::npos);
  harness_.restart();
  EXPECT_EQ(status().jobs_to_come, 0);
  EXPECT_NE(harness_.submit(PlanOf("s").job("a")), kSweep);
}

TEST_F(SweepInParts, CanBeCancelledBetweenItsParts) {
  begin(1);
  harness_.finish(harness_.lease_to("w"));
  EXPECT_EQ(harness_.cancel(kSweep), 0);
  EXPECT_EQ(refused(part(1, 4)).code, ErrorCode::failed_precondition);
}

TEST_F(SweepInParts, APausedSweepGetsPausedJobs) {
  harness_.submit(PlanOf("other").job("d"));
  begin(2);
  harness_.pause(SweepId{2});
  harness_.send(SweepExtended{2, SweepId{2}, std::make_shared<const PlanPart>(part(2, 3))});
  EXPECT_EQ(accepted().jobs, 5);
  EXPECT_EQ(harness_.state("c"), JobState::paused);
  EXPECT_EQ(harness_.state("d"), JobState::ready) << "another sweep wants it";
  EXPECT_EQ(harness_.state("e"), JobState::paused);
  harness_.resume(SweepId{2});
  EXPECT_EQ(harness_.state("c"), JobState::waiting);
}

TEST_F(SweepInParts, TakesThePlaceOfAnotherOnceItIsComplete) {
  harness_.submit(PlanOf("s").job("d").job("x"));
  const SendLease lease = harness_.lease_to("w");
  begin(2, true);
  EXPECT_EQ(harness_.state("x"), JobState::ready);
  harness_.send(SweepExtended{2, SweepId{2}, std::make_shared<const PlanPart>(part(2, 3))});
  EXPECT_EQ(harness_.state("x"), JobState::cancelled);
  EXPECT_EQ(harness_.state("d"), JobState::running) << "both have it";
  EXPECT_EQ(lease.job, harness_.key("d"));
}

}  // namespace
}  // namespace spin::core
