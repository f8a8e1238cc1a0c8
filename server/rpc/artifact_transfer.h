#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include "server/store/artifacts.h"
#include "spin/v1/fleet.pb.h"

namespace spin {

/// Artifacts in chunks, apart from how the chunks travel. Thread-safe.
class ArtifactTransfer {
 public:
  static constexpr std::size_t kChunkBytes = 256 << 10;

  explicit ArtifactTransfer(ArtifactStore& store) : store_(store) {}

  Status stat(const v1::StatArtifactRequest& request, v1::StatArtifactResponse* response) const;

  /// `next` waits for a message, false at the end; `broken` says then whether the peer is gone rather than
  /// done. What has arrived stays, and a later upload goes on from there. An artifact that is complete
  /// already is accepted at once. data_loss where the bytes are not those of the hash.
  Status receive(const std::function<bool(v1::UploadArtifactRequest*)>& next,
                 const std::function<bool()>& broken, v1::UploadArtifactResponse* response);

  /// From the request's offset to the end; `put` returns false when the peer is gone.
  Status send(const v1::DownloadArtifactRequest& request,
              const std::function<bool(const v1::ArtifactChunk&)>& put) const;

  /// Breaks off what runs and what comes.
  void stop() { stopping_ = true; }

 private:
  ArtifactStore& store_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace spin
