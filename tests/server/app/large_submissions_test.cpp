#include "server/app/large_submissions.h"

#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "server/app/plan_parts.h"
#include "server/app/requests.h"
#include "tests/server/app/fakes.h"
#include "tests/server/app/number_list.h"
#include "tests/support/process.h"

// Sweeps that are planned to their end, and what may come between.

namespace spin {
namespace {

constexpr std::chrono::seconds kStoreLimit{120};

/// Of 6,000 jobs: three parts.
SweepFile three_parts() {
  SweepFile source;
  source.file = "sweep.yaml";
  source.text =
      "version: 1\nname: large\ndataset: mnist\n"
      "network: {family: convmixer, channels: 8, depth: 4, patch: 4, kernel: 3}\n"
      "training: {epochs: 1}\naxes:\n  training.lr: " +
      number_list(60, ".0e-4") + "\n  training.weight_decay: " + number_list(100, ".0e-5") + "\n";
  return source;
}

class SourceReader final : public BrokenReader {
 public:
  explicit SourceReader(Result<SweepFile> source) : source_(std::move(source)) {}
  Result<SweepFile> source(SweepId) override { return source_; }

 private:
  const Result<SweepFile> source_;
};

/// What is logged while it lives.
class Log {
 public:
  Log() {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines_)));
  }
  ~Log() { spdlog::set_default_logger(before_); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  [[nodiscard]] std::string text() const { return lines_.str(); }

 private:
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream lines_;
};

/// A coordinator that has the first part of the sweep, and a large_submissions that waits to go on.
class LargeSubmissionsTest : public testing::Test {
 protected:
  void begin(Result<SweepFile> source) {
    reader_ = std::make_unique<SourceReader>(std::move(source));
    engine_ = std::make_unique<Engine>(Engine::Parts{strand_, store_, *reader_, metrics_},
                                       core::Restoration({}, 1));
    const auto start = plan_start(three_parts(), [](std::int64_t) { return true; });
    ASSERT_TRUE(start.ok()) << start.error().message;
    core::SweepSubmitted event;
    event.plan = start->first;
    event.full_plan = start->full_plan;
    const auto accepted = settle<core::SubmitAccepted>(put(strand_, *engine_, std::move(event)), kStoreLimit);
    ASSERT_TRUE(accepted.ok()) << accepted.error().message;
    sweep_ = accepted->sweep;
    large_submissions_ = std::make_unique<LargeSubmissions>(strand_, *engine_, *reader_);
    large_submissions_->hold(true);
    submission_ = large_submissions_->add(sweep_, accepted->jobs, start->full_plan.jobs);
  }
  ~LargeSubmissionsTest() override {
    large_submissions_.reset();
    strand_.stop();
  }

  Status end() {
    large_submissions_->hold(false);
    const auto end = submission_->wait_for_end(kStoreLimit).end;
    return end.value_or(Error{ErrorCode::unavailable, "it does not end"});
  }
  template <class Action>
  bool steer(Action action) {
    core::SteerRequested event{.request = 0, .target = sweep_, .action = action};
    return settle<core::SteerAccepted>(put(strand_, *engine_, event), kStoreLimit).ok();
  }
  std::optional<SweepStatus> status() {
    return *strand_.ask([this] { return engine_->coordinator().sweep_status(sweep_, {}); });
  }

  const Log log_;
  Strand strand_;
  MemoryStore store_;
  Metrics metrics_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<LargeSubmissions> large_submissions_;
  std::shared_ptr<LargeSubmissions::Submission> submission_;
  SweepId sweep_;
};

TEST_F(LargeSubmissionsTest, ASweepIsStoredToItsEnd) {
  begin(three_parts());
  const Status ended = end();
  EXPECT_TRUE(ended.ok()) << ended.error().message;
  EXPECT_EQ(status()->counts.total(), 6'000);
  EXPECT_EQ(status()->jobs_to_come, 0);
}

TEST_F(LargeSubmissionsTest, AFileThatGivesOtherJobsThanItDidCancelsTheSweep) {
  SweepFile other = three_parts();
  other.text += "exclude: nonsense\n";
  begin(std::move(other));
  EXPECT_EQ(end().error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(status()->cancelled);
  EXPECT_NE(log_.text().find("cannot be planned to its end and is cancelled"), std::string::npos);
}

TEST_F(LargeSubmissionsTest, TheCancelOfASweepThatCannotBePlannedWaitsForRoomOnTheDisk) {
  SweepFile other = three_parts();
  other.text += "exclude: nonsense\n";
  begin(std::move(other));
  const auto say_full = [this](const std::string& reason) {
    ASSERT_TRUE(strand_
                    .ask([&] {
                      engine_->disk_full(reason);
                      return true;
                    })
                    .ok());
  };
  say_full("database spin.db: no room");
  large_submissions_->hold(false);  // it has not heard of the disk yet
  EXPECT_FALSE(submission_->wait_for_end(std::chrono::seconds(1)).end.has_value());
  large_submissions_->hold(true);
  EXPECT_FALSE(status()->cancelled);
  EXPECT_EQ(log_.text(), "") << "nothing has happened that the log could say";
  say_full("");
  EXPECT_EQ(end().error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(status()->cancelled);
  EXPECT_NE(log_.text().find("cannot be planned to its end and is cancelled"), std::string::npos);
}

class UnreadableFile : public LargeSubmissionsTest, public testing::WithParamInterface<ErrorCode> {};

TEST_P(UnreadableFile, LeavesTheSweepForTheNextStart) {
  begin(Error{GetParam(), "database spin.db: too many open files"});
  EXPECT_EQ(end().error().code, GetParam());
  EXPECT_FALSE(status()->cancelled);
  EXPECT_EQ(status()->jobs_to_come, 4'000);
  EXPECT_NE(log_.text().find("is not stored any further before spind starts again"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Codes, UnreadableFile,
                         testing::Values(ErrorCode::resource_exhausted, ErrorCode::invalid_argument,
                                         ErrorCode::internal));

TEST_F(LargeSubmissionsTest, ASweepThatIsCancelledAndDeletedMeanwhileIsNoFault) {
  begin(three_parts());
  EXPECT_TRUE(steer(steer::Cancel{}));
  EXPECT_TRUE(eventually(kStoreLimit, [&] { return steer(steer::Delete{}); }));
  EXPECT_TRUE(eventually(
      kStoreLimit, [&] { return *strand_.ask([&] { return !engine_->coordinator().is_unsettled(); }); }));
  EXPECT_EQ(end().error().code, ErrorCode::not_found);
  EXPECT_EQ(log_.text(), "");
}

}  // namespace
}  // namespace spin
