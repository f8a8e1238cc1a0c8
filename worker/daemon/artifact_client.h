#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>

#include <grpcpp/channel.h>

#include "schema/base/ids.h"
#include "schema/base/result.h"
#include "spin/v1/fleet.grpc.pb.h"

namespace spin::daemon {

/// Lets one thread break off a call that another is waiting for. Thread-safe.
class Cancellation {
 public:
  void cancel();
  [[nodiscard]] bool is_cancelled() const;
  /// The call under way; null when it is over.
  void set_call(grpc::ClientContext* call);

 private:
  mutable std::mutex mutex_;
  grpc::ClientContext* call_ = nullptr;
  bool cancelled_ = false;
};

/// One try at moving an artifact; blocking. Thread-safe.
class ArtifactClient {
 public:
  static constexpr std::size_t kChunkBytes = 256 * 1024;
  /// Up to this size the first try sends the bytes without asking what the coordinator has.
  static constexpr std::int64_t kSmallBytes = 1 << 20;

  explicit ArtifactClient(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::Fleet::NewStub(channel)) {}

  /// Goes on where an earlier upload ended. not_found where the file cannot be opened and the coordinator has
  /// not got it either; else what the coordinator says.
  Status upload(const std::filesystem::path& file, const ArtifactId& id, std::int64_t bytes, bool first_try,
                Cancellation& cancellation);
  /// Appends to `file` what is missing. failed_precondition where our disk does not take it; else what the
  /// coordinator says.
  Status download(const ArtifactId& id, const std::filesystem::path& file, Cancellation& cancellation);

 private:
  Result<v1::StatArtifactResponse> stat(const ArtifactId& id, Cancellation& cancellation);

  const std::unique_ptr<v1::Fleet::Stub> stub_;
};

}  // namespace spin::daemon
