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

Error stopping() { return Error{ErrorCode::unavailable, "spind is stopping; the transfer goes on later"}; }
Error peer_gone() { return Error{ErrorCode::unavailable, "the transfer was broken off by the peer"}; }

Result<ArtifactId> artifact_id(const std::string& sha256) {
  SPIN_ASSIGN(const Digest digest, wire::digest_from_wire(sha256));
  return ArtifactId{digest};
}

Status append(ArtifactStore::Upload& upload, const v1::ArtifactChunk& chunk) {
  if (chunk.data().size() > ArtifactTransfer::kChunkBytes)
    return Error{ErrorCode::invalid_argument,
                 "a chunk has " + std::to_string(chunk.data().size()) + " bytes; at most " +
                     std::to_string(ArtifactTransfer::kChunkBytes) + " are accepted"};
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

Status ArtifactTransfer::stat(const v1::StatArtifactRequest& request,
                              v1::StatArtifactResponse* response) const {
  SPIN_ASSIGN(const ArtifactId id, artifact_id(request.sha256()));
  const auto stat = store_.stat(id);
  response->set_complete(stat.complete);
  response->set_bytes(stat.bytes);
  return {};
}

Status ArtifactTransfer::receive(const std::function<bool(v1::UploadArtifactRequest*)>& next,
                                 const std::function<bool()>& broken, v1::UploadArtifactResponse* response) {
  v1::UploadArtifactRequest message;
  if (!next(&message))
    return Error{ErrorCode::invalid_argument,
                 "an upload without a message; the first one names the artifact"};
  SPIN_ASSIGN(const ArtifactId id, artifact_id(message.sha256()));
  const std::int64_t bytes = message.bytes();
  if (bytes < 0)
    return Error{ErrorCode::invalid_argument,
                 "artifact of " + std::to_string(bytes) + " bytes; 0 or more is accepted"};
  if (const auto stat = store_.stat(id); stat.complete) {
    response->set_bytes(stat.bytes);
    return {};
  }
  SPIN_ASSIGN(const auto upload, store_.upload(id, bytes));
  do {
    if (stopping_) return stopping();
    if (message.has_chunk()) SPIN_TRY(append(*upload, message.chunk()));
  } while (next(&message));
  if (broken()) return peer_gone();
  SPIN_TRY(upload->finish());
  response->set_bytes(bytes);
  return {};
}

Status ArtifactTransfer::send(const v1::DownloadArtifactRequest& request,
                              const std::function<bool(const v1::ArtifactChunk&)>& put) const {
  SPIN_ASSIGN(const ArtifactId id, artifact_id(request.sha256()));
  SPIN_ASSIGN(const FileDescriptor file, store_.read(id));
  SPIN_ASSIGN(const std::int64_t bytes, size_of(file));
  if (request.offset() < 0 || request.offset() > bytes)
    return Error{ErrorCode::invalid_argument, "offset " + std::to_string(request.offset()) + " of artifact " +
                                                  id.short_hex() + "; 0 to " + std::to_string(bytes) +
                                                  " is accepted"};
  v1::ArtifactChunk chunk;
  for (std::int64_t offset = request.offset(); offset < bytes; offset += std::ssize(chunk.data())) {
    if (stopping_) return stopping();
    chunk.set_offset(offset);
    chunk.mutable_data()->resize(
        std::min<std::size_t>(kChunkBytes, static_cast<std::size_t>(bytes - offset)));
    SPIN_TRY(read_exactly(file, offset, chunk.mutable_data()));
    if (!put(chunk)) return peer_gone();
  }
  return {};
}

}  // namespace spin
