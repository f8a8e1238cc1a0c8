#include "worker/daemon/artifact_client.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/wire/error.h"
#include "proto/wire/fleet.h"
#include "schema/base/file.h"

namespace spin::daemon {
namespace {

constexpr std::int64_t kSlowestBytesPerSecond = 100'000;

/// A call with its deadline, known to the cancellation while it lives.
class Call {
 public:
  Call(Cancellation& cancellation, std::int64_t bytes) : cancellation_(cancellation) {
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::seconds(30 + bytes / kSlowestBytesPerSecond));
    cancellation_.set_call(&context_);
  }
  ~Call() { cancellation_.set_call(nullptr); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  grpc::ClientContext* context() { return &context_; }

 private:
  Cancellation& cancellation_;
  grpc::ClientContext context_;
};

Status to_status(const grpc::Status& status) {
  return status.ok() ? Status() : Status(wire::from_grpc(status));
}

Error cannot_open(const std::filesystem::path& file) {
  return {ErrorCode::not_found, file.string() + ": " + std::strerror(errno)};
}

/// Up to `limit` bytes at `offset`; fewer only at the end of the file.
Result<std::string> read_at(int fd, std::int64_t offset, std::size_t limit) {
  std::string bytes(limit, '\0');
  std::size_t done = 0;
  while (done < limit) {
    const ssize_t count =
        ::pread(fd, bytes.data() + done, limit - done, static_cast<off_t>(offset) + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return Error{ErrorCode::not_found, std::string("reading the artifact: ") + std::strerror(errno)};
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

void Cancellation::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (call_ != nullptr) call_->TryCancel();
}

bool Cancellation::is_cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

void Cancellation::set_call(grpc::ClientContext* call) {
  const std::lock_guard lock(mutex_);
  call_ = call;
  if (cancelled_ && call_ != nullptr) call_->TryCancel();
}

Result<v1::StatArtifactResponse> ArtifactClient::stat(const ArtifactId& id, Cancellation& cancellation) {
  Call call(cancellation, 0);
  v1::StatArtifactRequest request;
  request.set_sha256(wire::digest_to_wire(id.digest));
  v1::StatArtifactResponse response;
  SPIN_TRY(to_status(stub_->StatArtifact(call.context(), request, &response)));
  return response;
}

Status ArtifactClient::upload(const std::filesystem::path& file, const ArtifactId& id, std::int64_t bytes,
                              bool first_try, Cancellation& cancellation) {
  const FileDescriptor source(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const Error not_open = cannot_open(file);
  std::int64_t offset = 0;
  if (!source.is_open() || !first_try || bytes > kSmallBytes) {
    SPIN_ASSIGN(const auto known, stat(id, cancellation));
    if (known.complete()) return {};
    if (!source.is_open()) return not_open;
    offset = known.bytes();
  }

  Call call(cancellation, bytes);
  v1::UploadArtifactResponse response;
  const auto writer = stub_->UploadArtifact(call.context(), &response);
  v1::UploadArtifactRequest request;
  request.set_sha256(wire::digest_to_wire(id.digest));
  request.set_bytes(bytes);
  do {
    auto data = read_at(source.get(), offset, kChunkBytes);
    if (!data.ok()) {
      call.context()->TryCancel();
      (void)writer->Finish();
      return data.error();
    }
    const auto size = static_cast<std::int64_t>(data->size());
    request.mutable_chunk()->set_offset(offset);
    request.mutable_chunk()->set_data(std::move(*data));
    if (!writer->Write(request)) break;  // the answer has come already; Finish says which
    request.Clear();
    offset += size;
    if (size == 0) break;
  } while (offset < bytes);
  writer->WritesDone();
  return to_status(writer->Finish());
}

Status ArtifactClient::download(const ArtifactId& id, const std::filesystem::path& file,
                                Cancellation& cancellation) {
  const FileDescriptor target(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  struct ::stat known {};
  // Not the artifact's fault: another worker may be able to keep it.
  if (!target.is_open() || ::fstat(target.get(), &known) != 0)
    return Error{ErrorCode::failed_precondition, "cannot keep it: " + cannot_open(file).message};
  std::int64_t offset = known.st_size;

  Call call(cancellation, std::int64_t{1} << 32);
  v1::DownloadArtifactRequest request;
  request.set_sha256(wire::digest_to_wire(id.digest));
  request.set_offset(offset);
  const auto reader = stub_->DownloadArtifact(call.context(), request);
  v1::ArtifactChunk chunk;
  Status local;
  while (local.ok() && reader->Read(&chunk)) {
    if (chunk.offset() != offset) {
      local = Error{ErrorCode::data_loss, "the coordinator sent offset " + std::to_string(chunk.offset()) +
                                              " of artifact " + id.short_hex() + " where " +
                                              std::to_string(offset) + " was due"};
    } else {
      const Status written = write_all(target.get(), chunk.data(), file);
      if (!written.ok())
        local = Error{ErrorCode::failed_precondition, "cannot keep it: " + written.error().message};
    }
    offset += static_cast<std::int64_t>(chunk.data().size());
  }
  if (!local.ok()) call.context()->TryCancel();
  const grpc::Status remote = reader->Finish();
  return local.ok() ? to_status(remote) : local;
}

}  // namespace spin::daemon
