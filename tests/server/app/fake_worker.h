#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "schema/base/version.h"
#include "schema/job/session.h"
#include "spin/v1/fleet.grpc.pb.h"

namespace spin {

/// A worker over real gRPC that "trains" at once: the test tells it, step by step, what to say.
class FakeWorker {
 public:
  explicit FakeWorker(const std::string& address, const std::string& name = "w1",
                      const std::string& version = std::string(kVersion),
                      const std::vector<AttemptToken>& held = {});

  /// Waits for the coordinator's welcome.
  Welcome welcome();
  void offer(int slots);
  /// The next lease; none where the stream ends first. What else comes is kept.
  std::optional<LeasedJob> lease();
  /// The next order to stop an attempt.
  std::optional<StopAttempt> stop();

  /// Reports start, an epoch, a log line and the result of a job, with a model for those that need one, and
  /// waits until the last of them is acknowledged.
  void finish(const LeasedJob& lease, double top1 = 60);
  /// Reports it and returns without waiting.
  void report(const LeasedJob& lease, ReportBody body);
  void wait_for_acks();

  /// Ends the stream from this side and returns how the coordinator ended it.
  grpc::Status leave();
  /// Reads until the coordinator ends the stream.
  grpc::Status status();

 private:
  void send(const WorkerMessage& message);
  bool read_batch();
  void keep(const CoordinatorMessage& message);
  template <class T>
  std::optional<T> next(std::vector<T>* kept);
  ArtifactRef upload(const std::string& bytes);

  std::unique_ptr<v1::Fleet::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WorkerBatch, v1::CoordinatorBatch>> stream_;
  std::uint64_t sent_ = 0, acknowledged_ = 0;
  std::vector<Welcome> welcomes_;
  std::vector<LeasedJob> leases_;
  std::vector<StopAttempt> stops_;
};

}  // namespace spin
