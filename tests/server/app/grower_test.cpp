#include "server/app/grower.h"

#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "server/app/plan_pieces.h"
#include "server/app/requests.h"
#include "tests/server/app/fakes.h"
#include "tests/server/app/number_list.h"
#include "tests/support/process.h"

// Sweeps that are planned to their end, and what may come between.

namespace spin {
namespace {

constexpr std::chrono::seconds kGrowLimit{120};

/// Of 6,000 jobs: three pieces.
SweepFile three_pieces() {
  SweepFile source;
  source.file = "sweep.yaml";
  source.text =
      "version: 1\nname: grown\ndataset: mnist\n"
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

/// A coordinator that has the first piece of the sweep, and a grower that waits to go on.
class GrowerTest : public testing::Test {
 protected:
  void begin(Result<SweepFile> source) {
    reader_ = std::make_unique<SourceReader>(std::move(source));
    engine_ = std::make_unique<Engine>(Engine::Parts{strand_, store_, *reader_, metrics_},
                                       core::Restoration({}, 1));
    const auto start = plan_start(three_pieces(), [](std::int64_t) { return true; });
    ASSERT_TRUE(start.ok()) << start.error().message;
    core::SweepSubmitted event;
    event.plan = start->first;
    event.whole = start->whole;
    const auto accepted = settle<core::SubmitAccepted>(put(strand_, *engine_, std::move(event)), kGrowLimit);
    ASSERT_TRUE(accepted.ok()) << accepted.error().message;
    sweep_ = accepted->sweep;
    grower_ = std::make_unique<Grower>(strand_, *engine_, *reader_);
    grower_->hold(true);
    growth_ = grower_->grow(sweep_, accepted->jobs, start->whole.jobs);
  }
  ~GrowerTest() override {
    grower_.reset();
    strand_.stop();
  }

  Status end() {
    grower_->hold(false);
    const auto end = growth_->wait_for_end(kGrowLimit).end;
    return end.value_or(Error{ErrorCode::unavailable, "it does not end"});
  }
  template <class Action>
  bool steer(Action action) {
    core::SteerRequested event{.request = 0, .target = sweep_, .action = action};
    return settle<core::SteerAccepted>(put(strand_, *engine_, event), kGrowLimit).ok();
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
  std::unique_ptr<Grower> grower_;
  std::shared_ptr<Grower::Growth> growth_;
  SweepId sweep_;
};

TEST_F(GrowerTest, ASweepGrowsToItsEnd) {
  begin(three_pieces());
  const Status ended = end();
  EXPECT_TRUE(ended.ok()) << ended.error().message;
  EXPECT_EQ(status()->counts.total(), 6'000);
  EXPECT_EQ(status()->jobs_to_come, 0);
}

TEST_F(GrowerTest, AFileThatGivesOtherJobsThanItDidCancelsTheSweep) {
  SweepFile other = three_pieces();
  other.text += "exclude: nonsense\n";
  begin(std::move(other));
  EXPECT_EQ(end().error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(status()->cancelled);
  EXPECT_NE(log_.text().find("cannot be planned to its end and is cancelled"), std::string::npos);
}

TEST_F(GrowerTest, TheCancelOfASweepThatCannotBePlannedWaitsForRoomOnTheDisk) {
  SweepFile other = three_pieces();
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
  grower_->hold(false);  // it has not heard of the disk yet
  EXPECT_FALSE(growth_->wait_for_end(std::chrono::seconds(1)).end.has_value());
  grower_->hold(true);
  EXPECT_FALSE(status()->cancelled);
  EXPECT_EQ(log_.text(), "") << "nothing has happened that the log could say";
  say_full("");
  EXPECT_EQ(end().error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(status()->cancelled);
  EXPECT_NE(log_.text().find("cannot be planned to its end and is cancelled"), std::string::npos);
}

class UnreadableFile : public GrowerTest, public testing::WithParamInterface<ErrorCode> {};

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

TEST_F(GrowerTest, ASweepThatIsCancelledAndDeletedMeanwhileIsNoFault) {
  begin(three_pieces());
  EXPECT_TRUE(steer(steer::Cancel{}));
  EXPECT_TRUE(eventually(kGrowLimit, [&] { return steer(steer::Delete{}); }));
  EXPECT_TRUE(eventually(
      kGrowLimit, [&] { return *strand_.ask([&] { return !engine_->coordinator().is_unsettled(); }); }));
  EXPECT_EQ(end().error().code, ErrorCode::not_found);
  EXPECT_EQ(log_.text(), "");
}

}  // namespace
}  // namespace spin
