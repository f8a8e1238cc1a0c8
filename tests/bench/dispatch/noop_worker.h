#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "spin/v1/fleet.grpc.pb.h"

namespace spin::bench {

/// A worker whose trainer does nothing: every lease is answered with `started` and a result at once. It
/// speaks the protocol of spin-worker without its outbox, so that what is measured is the coordinator. Used
/// by one thread.
class NoopWorker {
 public:
  NoopWorker(const std::shared_ptr<grpc::Channel>& channel, const std::string& name, int slots);

  /// Says that all slots are free.
  void offer();
  /// Waits for what the coordinator sends next; false at the end of the stream.
  bool read();
  /// Leases of the last read().
  [[nodiscard]] const std::vector<v1::LeasedJob>& leases() const { return leases_; }
  /// Outbox position up to which the coordinator has acknowledged.
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::uint64_t sent() const { return sequence_; }

  /// Adds reports to what the next flush() sends.
  void add_result(const v1::LeasedJob& lease);
  void add_epoch(const v1::LeasedJob& lease, int epoch);
  void add_credits();
  void flush();
  /// Ends a read() of another thread.
  void cancel() { context_.TryCancel(); }

 private:
  v1::Report& add_report(const v1::LeasedJob& lease);

  std::unique_ptr<v1::Fleet::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WorkerBatch, v1::CoordinatorBatch>> stream_;
  const int slots_;
  v1::WorkerBatch outgoing_;
  v1::CoordinatorBatch incoming_;
  bool has_ended_ = false;
  std::vector<v1::LeasedJob> leases_;
  std::uint64_t sequence_ = 0, acknowledged_ = 0;
};

}  // namespace spin::bench
