#include "server/rpc/artifact_transfer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "proto/wire/fleet.h"

namespace spin {
namespace {

Result<ArtifactId> artifact_id(const std::string& sha256) {
  SPIN_ASSIGN(const Digest digest, wire::digest_from_wire(sha256));
  return ArtifactId{digest};
}

Status append(ArtifactStore::Upload& upload, const v1::ArtifactChunk& chunk) {
  if (chunk.data().size() > kArtifactChunkBytes)
    return Error{ErrorCode::invalid_argument, "a chunk has " + std::to_string(chunk.data().size()) +
                                                  " bytes; at most " + std::to_string(kArtifactChunkBytes) +
                                                  " are accepted"};
  return upload.append(chunk.offset(), chunk.data());
}

Result<std::int64_t> size_of(const FileDescriptor& file) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0)
    return Error{ErrorCode::internal, std::string("size of an artifact: ") + std::strerror(errno)};
  return std::int64_t{status.st_size};
}

/// Fills `data` from `offset` on; what is missing at the end of the file is data_loss, for artifacts never
/// shrink.
Status read_exactly(const FileDescriptor& file, std::int64_t offset, std::string* data) {
  std::size_t done = 0;
  while (done < data->size()) {
    const ssize_t count = pread(file.get(), data->data() + done, data->size() - done,
                                static_cast<off_t>(offset) + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return Error{ErrorCode::internal, std::string("reading an artifact: ") + std::strerror(errno)};
    if (count == 0) return Error{ErrorCode::data_loss, "an artifact is shorter than its file said"};
    done += static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace

Status stat_artifact(const ArtifactStore& store, const v1::StatArtifactRequest& request,
                     v1::StatArtifactResponse* response) {
  SPIN_ASSIGN(const ArtifactId id, artifact_id(request.sha256()));
  const auto stat = store.stat(id);
  response->set_complete(stat.complete);
  response->set_bytes(stat.bytes);
  return {};
}

Result<bool> IncomingArtifact::take(const v1::UploadArtifactRequest& message) {
  if (upload_ == nullptr) {
    SPIN_ASSIGN(const bool complete, begin(message));
    if (complete) return true;
  }
  if (message.has_chunk()) SPIN_TRY(append(*upload_, message.chunk()));
  return false;
}

Result<bool> IncomingArtifact::begin(const v1::UploadArtifactRequest& message) {
  SPIN_ASSIGN(const ArtifactId id, artifact_id(message.sha256()));
  bytes_ = message.bytes();
  if (bytes_ < 0)
    return Error{ErrorCode::invalid_argument,
                 "artifact of " + std::to_string(bytes_) + " bytes; 0 or more is accepted"};
  if (const auto stat = store_.stat(id); stat.complete) {
    bytes_ = stat.bytes;
    return true;
  }
  SPIN_ASSIGN(upload_, store_.upload(id, bytes_));
  return false;
}

Result<bool> IncomingArtifact::finish() {
  if (upload_ == nullptr)
    return Error{ErrorCode::invalid_argument,
                 "an upload without a message; the first one names the artifact"};
  SPIN_TRY(upload_->finish());
  return true;
}

Result<OutgoingArtifact> OutgoingArtifact::open(const ArtifactStore& store,
                                                const v1::DownloadArtifactRequest& request) {
  SPIN_ASSIGN(const ArtifactId id, artifact_id(request.sha256()));
  SPIN_ASSIGN(FileDescriptor file, store.read(id));
  SPIN_ASSIGN(const std::int64_t bytes, size_of(file));
  if (request.offset() < 0 || request.offset() > bytes)
    return Error{ErrorCode::invalid_argument, "offset " + std::to_string(request.offset()) + " of artifact " +
                                                  id.short_hex() + "; 0 to " + std::to_string(bytes) +
                                                  " is accepted"};
  return OutgoingArtifact(std::move(file), request.offset(), bytes);
}

Result<v1::ArtifactChunk> OutgoingArtifact::next() {
  v1::ArtifactChunk chunk;
  chunk.set_offset(offset_);
  chunk.mutable_data()->resize(
      std::min<std::size_t>(kArtifactChunkBytes, static_cast<std::size_t>(bytes_ - offset_)));
  SPIN_TRY(read_exactly(file_, offset_, chunk.mutable_data()));
  offset_ += std::ssize(chunk.data());
  return chunk;
}

}  // namespace spin
