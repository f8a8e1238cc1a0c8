#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "server/rpc/control_service.h"
#include "tests/server/rpc/fixture.h"

namespace spin {
namespace {

class ControlCalls : public RpcTest {
 protected:
  grpc::Status submit(const v1::SubmitRequest& request, v1::Submitted* submitted = nullptr) {
    grpc::ClientContext context;
    set_deadline(context);
    const auto reader = control_->Submit(&context, request);
    for (v1::SubmitProgress progress; reader->Read(&progress);)
      if (submitted != nullptr && progress.has_accepted()) *submitted = progress.accepted();
    return reader->Finish();
  }
};

TEST_F(ControlCalls, SubmitCarriesTextAndOverrides) {
  v1::SubmitRequest request;
  request.set_file_name("sweep.yaml");
  request.set_text("version: 1");
  auto* entry = request.add_overrides();
  entry->set_path("seeds");
  entry->set_value("[1]");
  v1::Submitted response;
  const auto status = submit(request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.sweep(), 1);
  EXPECT_EQ(response.name(), "s");
  EXPECT_EQ(response.jobs(), 2);
  EXPECT_EQ(response.jobs_new(), 2);
}

TEST_F(ControlCalls, ARefusedSubmitIsAStatusWithTheReason) {
  v1::SubmitRequest request;
  request.set_file_name("sweep.yaml");
  const auto status = submit(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "sweep.yaml:1: empty");
}

TEST_F(ControlCalls, ASweepFileOfMoreThanAMebibyteIsRefused) {
  v1::SubmitRequest request;
  request.set_file_name("big.yaml");
  request.set_text(std::string(kMaxSweepFileBytes, 'x'));
  EXPECT_TRUE(submit(request).ok());
  request.set_text(std::string(kMaxSweepFileBytes + 1, 'x'));
  const auto status = submit(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_NE(status.error_message().find("1048577"), std::string::npos) << status.error_message();
}

TEST_F(ControlCalls, AMessageOverTheLimitIsRefusedByGrpc) {
  v1::SubmitRequest request;
  request.set_text(std::string(5 << 20, 'x'));
  EXPECT_EQ(submit(request).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ControlCalls, QueriesAnswerFromTheBackend) {
  {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    ASSERT_TRUE(control_->GetStatus(&context, {}, &response).ok());
    ASSERT_EQ(response.sweeps_size(), 1);
    EXPECT_EQ(response.sweeps(0).counts().ready(), 3);
  }
  {
    grpc::ClientContext context;
    v1::ListJobsRequest request;
    request.set_sweep("s");
    const auto reader = control_->ListJobs(&context, request);
    std::vector<std::string> names;
    for (v1::JobRow row; reader->Read(&row);) names.push_back(row.name());
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(names, (std::vector<std::string>{"job-1", "job-2", "job-3"}));
  }
  {
    grpc::ClientContext context;
    v1::GetJobRequest request;
    request.set_job("job-2");
    v1::JobDetail response;
    ASSERT_TRUE(control_->GetJob(&context, request, &response).ok());
    EXPECT_EQ(response.row().name(), "job-2");
  }
  {
    grpc::ClientContext context;
    v1::GetResultsRequest request;
    request.set_sweep("s");
    const auto reader = control_->GetResults(&context, request);
    v1::ResultRow row;
    ASSERT_TRUE(reader->Read(&row));
    EXPECT_EQ(row.top1_mean(), 88.5);
    EXPECT_FALSE(reader->Read(&row));
    EXPECT_TRUE(reader->Finish().ok());
  }
  {
    grpc::ClientContext context;
    v1::ListWorkersResponse response;
    ASSERT_TRUE(control_->ListWorkers(&context, {}, &response).ok());
    EXPECT_EQ(response.workers_size(), 0);
  }
}

TEST_F(ControlCalls, WhatIsNotThereIsNotFound) {
  grpc::ClientContext status_context, jobs_context, watch_context;
  v1::GetStatusRequest status_request;
  status_request.set_sweep("nope");
  v1::GetStatusResponse status_response;
  EXPECT_EQ(control_->GetStatus(&status_context, status_request, &status_response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  v1::ListJobsRequest jobs_request;
  jobs_request.set_sweep("nope");
  EXPECT_EQ(control_->ListJobs(&jobs_context, jobs_request)->Finish().error_code(),
            grpc::StatusCode::NOT_FOUND);
  v1::WatchRequest watch_request;
  watch_request.set_sweep("nope");
  EXPECT_EQ(control_->Watch(&watch_context, watch_request)->Finish().error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(ControlCalls, WatchEndsWhenNothingCanChangeAnyMore) {
  grpc::ClientContext context;
  set_deadline(context);
  v1::WatchRequest request;
  request.set_sweep("s");
  const auto reader = control_->Watch(&context, request);
  v1::SweepStatus message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_EQ(message.counts().ready(), 3);

  grpc::ClientContext cancel_context;
  v1::SteerRequest cancel_request;
  cancel_request.mutable_cancel();
  cancel_request.set_target("s");
  v1::SteerResponse cancel_response;
  ASSERT_TRUE(control_->Steer(&cancel_context, cancel_request, &cancel_response).ok());
  EXPECT_EQ(cancel_response.jobs(), 3);

  ASSERT_TRUE(reader->Read(&message));
  EXPECT_EQ(message.counts().cancelled(), 3);
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(ControlCalls, QuietStreamsEndWhenTheServerStops) {
  grpc::ClientContext watch_context, logs_context;
  set_deadline(watch_context);
  set_deadline(logs_context);
  v1::WatchRequest watch_request;
  watch_request.set_sweep("s");
  const auto watch = control_->Watch(&watch_context, watch_request);
  v1::SweepStatus status;
  ASSERT_TRUE(watch->Read(&status));
  backend_.add_log("one");
  v1::GetLogsRequest logs_request;
  logs_request.set_follow(true);
  const auto logs = control_->GetLogs(&logs_context, logs_request);
  v1::LogLine line;
  ASSERT_TRUE(logs->Read(&line));
  server_->stop();
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(logs->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ControlCalls, StreamsOfClientsThatAreGoneFreeTheirPlaces) {
  // More than may watch at once: if one stayed behind for each, the last would find no place.
  for (int i = 0; i < 2 * CallLimits().watches; ++i) {
    grpc::ClientContext context;
    set_deadline(context);
    v1::WatchRequest request;
    request.set_sweep("s");
    const auto reader = control_->Watch(&context, request);
    v1::SweepStatus message;
    ASSERT_TRUE(reader->Read(&message));
    context.TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
}

TEST_F(ControlCalls, LogsAreFollowedUntilTheyEnd) {
  backend_.add_log("one");
  grpc::ClientContext context;
  set_deadline(context);
  v1::GetLogsRequest request;
  request.set_follow(true);
  const auto reader = control_->GetLogs(&context, request);
  v1::LogLine line;
  ASSERT_TRUE(reader->Read(&line));
  EXPECT_EQ(line.text(), "one");
  backend_.add_log("two");
  ASSERT_TRUE(reader->Read(&line));
  EXPECT_EQ(line.text(), "two");
  EXPECT_EQ(line.number(), 2);
  backend_.end_logs();
  EXPECT_FALSE(reader->Read(&line));
  EXPECT_TRUE(reader->Finish().ok());
}

}  // namespace
}  // namespace spin
