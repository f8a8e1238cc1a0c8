#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "spin/v1/control.grpc.pb.h"

namespace spin {

/// Five jobs; the fused one starts from the unshared one's model.
inline constexpr const char* kSweep = R"(version: 1
name: study
dataset: fashion-mnist
network: {family: convmixer, channels: 16, depth: 4, patch: 4, kernel: 3}
training: {epochs: 1, batch_size: 64}
cells:
  - sharing: {mapping: sequential, rate: 2}
  - sharing: {mapping: strided, rate: 2}
  - sharing: {mapping: sequential, rate: 4}
  - sharing: {mapping: sequential, rate: 2}
    fusion: {strategy: mean, init: pretrained}
baselines: {unshared: true}
)";
inline constexpr int kSweepJobs = 5;

/// The calls that people make, blocking.
class People {
 public:
  explicit People(const std::string& address)
      : stub_(v1::Control::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {}

  grpc::Status submit(const std::string& text, v1::Submitted* submitted = nullptr) {
    v1::SubmitRequest request;
    request.set_file_name("study.yaml");
    request.set_text(text);
    return call([&](auto* context) {
      const auto reader = stub_->Submit(context, request);
      for (v1::SubmitProgress progress; reader->Read(&progress);)
        if (submitted != nullptr && progress.has_accepted()) *submitted = progress.accepted();
      return reader->Finish();
    });
  }
  std::vector<v1::SweepStatus> sweeps(const std::string& sweep = "") {
    v1::GetStatusRequest request;
    request.set_sweep(sweep);
    v1::GetStatusResponse response;
    call([&](auto* context) { return stub_->GetStatus(context, request, &response); });
    return {response.sweeps().begin(), response.sweeps().end()};
  }
  std::vector<v1::JobRow> jobs(const std::string& sweep) {
    v1::ListJobsRequest request;
    request.set_sweep(sweep);
    std::vector<v1::JobRow> rows;
    call([&](auto* context) {
      const auto reader = stub_->ListJobs(context, request);
      for (v1::JobRow row; reader->Read(&row);) rows.push_back(row);
      return reader->Finish();
    });
    return rows;
  }
  /// Every status until the watch ends.
  std::vector<v1::SweepStatus> watch(const std::string& sweep, grpc::Status* end) {
    v1::WatchRequest request;
    request.set_sweep(sweep);
    std::vector<v1::SweepStatus> seen;
    *end = call([&](auto* context) {
      const auto reader = stub_->Watch(context, request);
      for (v1::SweepStatus status; reader->Read(&status);) seen.push_back(status);
      return reader->Finish();
    });
    return seen;
  }
  std::vector<std::string> log(const std::string& job, bool follow) {
    v1::GetLogsRequest request;
    request.set_job(job);
    request.set_follow(follow);
    std::vector<std::string> lines;
    call([&](auto* context) {
      const auto reader = stub_->GetLogs(context, request);
      for (v1::LogLine line; reader->Read(&line);) lines.push_back(line.text());
      return reader->Finish();
    });
    return lines;
  }
  grpc::Status cancel(const std::string& target, std::int64_t* jobs = nullptr) {
    v1::SteerRequest request;
    request.mutable_cancel();
    request.set_target(target);
    v1::SteerResponse response;
    const auto status = call([&](auto* context) { return stub_->Steer(context, request, &response); });
    if (jobs != nullptr) *jobs = response.jobs();
    return status;
  }
  std::vector<v1::WorkerRow> workers() {
    v1::ListWorkersResponse response;
    call([&](auto* context) { return stub_->ListWorkers(context, {}, &response); });
    return {response.workers().begin(), response.workers().end()};
  }
  v1::Control::Stub& stub() { return *stub_; }

  template <class F>
  grpc::Status call(F make) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    return make(&context);
  }

 private:
  std::unique_ptr<v1::Control::Stub> stub_;
};

}  // namespace spin
