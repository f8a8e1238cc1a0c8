#include "proto/wire/control.h"

#include <gtest/gtest.h>

#include "tests/proto/coverage.h"
#include "tests/proto/samples.h"

namespace spin {
namespace {

template <class T>
const T& value_of(const Result<T>& result) {
  EXPECT_TRUE(result.ok()) << result.error().message;
  return *result;
}
template <class T>
const T& value_of(const T& value) {
  return value;
}

/// Views have no equality; so the message made of the view that came back must equal the first message, in
/// which no field is missing.
template <class Wire, class View>
void expect_round_trip(const View& view) {
  Wire first;
  wire::to_wire(view, &first);
  EXPECT_EQ(unset_fields(first), std::vector<std::string>{});
  Wire second;
  const auto back = wire::from_wire(first);
  wire::to_wire(value_of(back), &second);
  EXPECT_EQ(first.DebugString(), second.DebugString());
}

TEST(WireControl, EveryViewComesBackAsItWas) {
  expect_round_trip<v1::SweepStatus>(samples::sweep_status());
  expect_round_trip<v1::JobRow>(samples::job_row());
  expect_round_trip<v1::JobDetail>(samples::job_detail());
  expect_round_trip<v1::ResultRow>(samples::result_row());
  expect_round_trip<v1::WorkerRow>(samples::worker_row());
  expect_round_trip<v1::LogLine>(LogLine{.number = 3, .at_ms = 99, .text = "line"});
}

TEST(WireControl, ValuesArriveInTheirOwnFields) {
  v1::SweepStatus message;
  wire::to_wire(samples::sweep_status(), &message);
  const auto status = wire::from_wire(message);
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->counts, samples::sweep_status().counts);
  EXPECT_EQ(status->running.at(0).progress, samples::kProgress);
  EXPECT_EQ(status->seconds_left, 30.5);
  v1::JobDetail detail_message;
  wire::to_wire(samples::job_detail(), &detail_message);
  const auto detail = wire::from_wire(detail_message);
  ASSERT_TRUE(detail.ok());
  EXPECT_EQ(detail->result, samples::kResult);
  EXPECT_EQ(detail->artifacts, samples::job_detail().artifacts);
  EXPECT_EQ(detail->attempts.at(0).ended_at_ms, 6);
}

TEST(WireControl, EveryActionComesBack) {
  const std::vector<steer::Action> actions = {steer::Cancel{},    steer::Pause{},      steer::Resume{},
                                              steer::Retry{true}, steer::Retry{false}, steer::SetPriority{-7},
                                              steer::Delete{}};
  for (const auto& action : actions) {
    v1::SteerRequest message;
    wire::to_wire(action, &message);
    const auto back = wire::from_wire(message);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, action);
  }
  EXPECT_FALSE(wire::from_wire(v1::SteerRequest{}).ok());
}

TEST(WireControl, EveryJobStateComesBack) {
  for (const auto state :
       {JobState::waiting, JobState::ready, JobState::backoff, JobState::running, JobState::completed,
        JobState::diverged, JobState::failed, JobState::blocked, JobState::cancelled, JobState::paused}) {
    JobRow row = samples::job_row();
    row.state = state;
    v1::JobRow message;
    wire::to_wire(row, &message);
    const auto back = wire::from_wire(message);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->state, state);
  }
}

TEST(WireControl, WhatIsNotKnownStaysUnknown) {
  v1::ResultRow result;
  wire::to_wire(ResultRow{}, &result);
  EXPECT_FALSE(wire::from_wire(result).top1_mean.has_value());
  EXPECT_FALSE(wire::from_wire(result).difference.has_value());
  v1::SweepStatus status;
  wire::to_wire(SweepStatus{}, &status);
  EXPECT_FALSE(wire::from_wire(status)->seconds_left.has_value());
}

TEST(WireControl, AZeroIsNotUnknown) {
  v1::ResultRow message;
  ResultRow row;
  row.difference = 0.0;
  wire::to_wire(row, &message);
  EXPECT_EQ(wire::from_wire(message).difference, 0.0);
}

TEST(WireControl, RejectsAStateOrDigestThatCannotBe) {
  v1::JobRow row;
  wire::to_wire(samples::job_row(), &row);
  row.set_state(static_cast<v1::JobState>(42));
  const auto state = wire::from_wire(row);
  ASSERT_FALSE(state.ok());
  EXPECT_NE(state.error().message.find("42"), std::string::npos);

  v1::SweepStatus status;
  wire::to_wire(samples::sweep_status(), &status);
  status.mutable_running(0)->set_job("x");
  EXPECT_FALSE(wire::from_wire(status).ok());

  v1::JobDetail detail;
  wire::to_wire(samples::job_detail(), &detail);
  detail.set_depends_on(0, "x");
  EXPECT_FALSE(wire::from_wire(detail).ok());
  wire::to_wire(samples::job_detail(), &detail);
  detail.clear_row();
  EXPECT_FALSE(wire::from_wire(detail).ok());
}

}  // namespace
}  // namespace spin
