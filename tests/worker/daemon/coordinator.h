#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "schema/job/session.h"
#include "spin/v1/fleet.grpc.pb.h"

namespace spin {

/// A coordinator in memory: leases what it is given to whoever has credits, acknowledges reports, keeps
/// artifacts. What it knows outlives a restart, as the real one's database does. Thread-safe.
class FakeCoordinator final : public v1::Fleet::Service {
 public:
  explicit FakeCoordinator(std::string socket);
  ~FakeCoordinator() override;

  void start();
  void stop();

  /// Leases a job with this configuration; its token.
  AttemptToken add_job(const std::string& config, std::optional<ArtifactRef> init = {},
                       std::optional<ArtifactRef> resume = {});
  void send(const CoordinatorMessage& message);
  ArtifactRef put_artifact(const std::string& bytes, ArtifactKind kind = ArtifactKind::model);

  // What shall go wrong.
  void acknowledge(bool yes);
  void refuse_hello(grpc::Status status);
  /// The next `times` downloads of the artifact have a wrong last byte.
  void spoil(const ArtifactId& id, int times);
  /// The next `times` uploads find the disk full.
  void fill_disk(int times);
  /// The next upload breaks off after so many bytes, which are kept.
  void break_upload_after(std::int64_t bytes);

  // What has been seen.
  [[nodiscard]] std::vector<WorkerHello> hellos() const;
  /// Kept reports (sequence above 0) in the order of their arrival, repeats included.
  [[nodiscard]] std::vector<SequencedReport> reports() const;
  [[nodiscard]] std::vector<std::string> log_of(const AttemptToken& attempt) const;
  [[nodiscard]] std::vector<AttemptFinished> results_of(const AttemptToken& attempt) const;
  [[nodiscard]] std::optional<AttemptFailed> failure_of(const AttemptToken& attempt) const;
  /// Of the lease of the attempt.
  [[nodiscard]] std::vector<std::string> devices_of(const AttemptToken& attempt) const;
  [[nodiscard]] bool has_started(const AttemptToken& attempt) const;
  [[nodiscard]] bool is_draining() const;
  [[nodiscard]] std::string artifact(const ArtifactId& id) const;
  [[nodiscard]] int downloads() const;
  [[nodiscard]] int heartbeats() const;
  /// Offset of the first chunk of every upload.
  [[nodiscard]] std::vector<std::int64_t> upload_offsets() const;

 private:
  using Stream = grpc::ServerReaderWriter<v1::CoordinatorBatch, v1::WorkerBatch>;

  grpc::Status Attach(grpc::ServerContext* context, Stream* stream) override;
  grpc::Status StatArtifact(grpc::ServerContext* context, const v1::StatArtifactRequest* request,
                            v1::StatArtifactResponse* response) override;
  grpc::Status UploadArtifact(grpc::ServerContext* context,
                              grpc::ServerReader<v1::UploadArtifactRequest>* reader,
                              v1::UploadArtifactResponse* response) override;
  grpc::Status DownloadArtifact(grpc::ServerContext* context, const v1::DownloadArtifactRequest* request,
                                grpc::ServerWriter<v1::ArtifactChunk>* writer) override;
  // With the lock held.
  grpc::Status take(const WorkerMessage& message, Stream* stream);
  void take(const WorkerMessage& message);
  void send_leases();
  void write(const CoordinatorMessage& message);

  const std::string socket_;
  std::unique_ptr<grpc::Server> server_;

  mutable std::mutex mutex_;
  // Behind the lock.
  Stream* stream_ = nullptr;
  std::vector<int> credits_;  ///< of each device of the last hello
  std::deque<LeasedJob> waiting_;
  std::int64_t next_attempt_ = 1;
  bool acknowledge_ = true, draining_ = false;
  std::optional<grpc::Status> refusal_;
  std::vector<WorkerHello> hellos_;
  std::vector<SequencedReport> reports_;
  std::vector<std::uint64_t> owed_;  ///< acknowledgements held back
  std::map<AttemptToken, std::vector<std::string>> logs_;
  std::set<AttemptToken> started_;
  std::map<AttemptToken, std::vector<std::string>> devices_;
  std::map<std::string, std::string> artifacts_, incoming_;  ///< by raw digest
  std::map<std::string, int> spoiled_;
  int full_ = 0, downloads_ = 0, heartbeats_ = 0;
  std::int64_t break_after_ = -1;
  std::vector<std::int64_t> upload_offsets_;
};

}  // namespace spin
