#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "server/store/artifacts.h"
#include "spin/v1/fleet.pb.h"

// Artifacts in chunks, apart from how the chunks travel. All of it blocks.

namespace spin {

inline constexpr std::size_t kArtifactChunkBytes = 256 << 10;

Status stat_artifact(const ArtifactStore& store, const v1::StatArtifactRequest& request,
                     v1::StatArtifactResponse* response);

/// One upload. What has arrived stays, and a later upload goes on from there.
class IncomingArtifact {
 public:
  explicit IncomingArtifact(ArtifactStore& store) : store_(store) {}

  /// The next message; true where no other is needed, since the artifact is complete already.
  Result<bool> take(const v1::UploadArtifactRequest& message);
  /// After the last message: true, or data_loss where the bytes are not those of the hash.
  Result<bool> finish();
  /// Another upload of the same artifact may begin. Before the peer is told how this one ended: it may try
  /// again at once.
  void let_go() { upload_.reset(); }
  /// Of the whole artifact.
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  Result<bool> begin(const v1::UploadArtifactRequest& message);

  ArtifactStore& store_;
  std::unique_ptr<ArtifactStore::Upload> upload_;  ///< null before the first message
  std::int64_t bytes_ = 0;
};

/// One download.
class OutgoingArtifact {
 public:
  /// From the request's offset to the end.
  static Result<OutgoingArtifact> open(const ArtifactStore& store,
                                       const v1::DownloadArtifactRequest& request);

  [[nodiscard]] bool is_at_end() const { return offset_ >= bytes_; }
  Result<v1::ArtifactChunk> next();

 private:
  OutgoingArtifact(FileDescriptor file, std::int64_t offset, std::int64_t bytes)
      : file_(std::move(file)), offset_(offset), bytes_(bytes) {}

  FileDescriptor file_;
  std::int64_t offset_, bytes_;
};

}  // namespace spin
