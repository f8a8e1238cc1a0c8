#include "tests/worker/daemon/coordinator.h"

#include <stdexcept>

#include "proto/wire/fleet.h"
#include "schema/base/sha256.h"

namespace spin {
namespace {

using Lock = std::lock_guard<std::mutex>;
constexpr std::size_t kChunk = 256 * 1024;

}  // namespace

FakeCoordinator::FakeCoordinator(std::string socket) : socket_(std::move(socket)) { start(); }
FakeCoordinator::~FakeCoordinator() { stop(); }

void FakeCoordinator::start() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket_, grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) throw std::runtime_error("cannot listen on " + socket_);
}

void FakeCoordinator::stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

AttemptToken FakeCoordinator::add_job(const std::string& config, std::optional<ArtifactRef> init,
                                      std::optional<ArtifactRef> resume) {
  const Lock lock(mutex_);
  LeasedJob lease;
  lease.attempt = {1, next_attempt_++};
  lease.job.digest = sha256(config + std::to_string(lease.attempt.sequence));
  lease.name = "job-" + std::to_string(lease.attempt.sequence);
  lease.config = config;
  if (init) lease.inputs.push_back({InputRole::init, *init});
  if (resume) lease.inputs.push_back({InputRole::resume, *resume});
  waiting_.push_back(lease);
  send_leases();
  return lease.attempt;
}

void FakeCoordinator::send(const CoordinatorMessage& message) {
  const Lock lock(mutex_);
  write(message);
}

ArtifactRef FakeCoordinator::put_artifact(const std::string& bytes, ArtifactKind kind) {
  const Lock lock(mutex_);
  const Digest digest = sha256(bytes);
  artifacts_[wire::digest_to_wire(digest)] = bytes;
  return {{digest}, kind, static_cast<std::int64_t>(bytes.size())};
}

void FakeCoordinator::acknowledge(bool yes) {
  const Lock lock(mutex_);
  acknowledge_ = yes;
  if (!yes) return;
  for (const auto sequence : std::exchange(owed_, {})) write(ReportAck{sequence});
}
void FakeCoordinator::refuse_hello(grpc::Status status) {
  const Lock lock(mutex_);
  refusal_ = std::move(status);
}
void FakeCoordinator::spoil(const ArtifactId& id, int times) {
  const Lock lock(mutex_);
  spoiled_[wire::digest_to_wire(id.digest)] = times;
}
void FakeCoordinator::fill_disk(int times) {
  const Lock lock(mutex_);
  full_ = times;
}
void FakeCoordinator::break_upload_after(std::int64_t bytes) {
  const Lock lock(mutex_);
  break_after_ = bytes;
}

std::vector<WorkerHello> FakeCoordinator::hellos() const {
  const Lock lock(mutex_);
  return hellos_;
}
std::vector<SequencedReport> FakeCoordinator::reports() const {
  const Lock lock(mutex_);
  return reports_;
}
std::vector<std::string> FakeCoordinator::log_of(const AttemptToken& attempt) const {
  const Lock lock(mutex_);
  const auto found = logs_.find(attempt);
  return found == logs_.end() ? std::vector<std::string>() : found->second;
}
std::vector<std::string> FakeCoordinator::devices_of(const AttemptToken& attempt) const {
  const Lock lock(mutex_);
  const auto found = devices_.find(attempt);
  return found == devices_.end() ? std::vector<std::string>() : found->second;
}
std::vector<AttemptFinished> FakeCoordinator::results_of(const AttemptToken& attempt) const {
  const Lock lock(mutex_);
  std::vector<AttemptFinished> found;
  for (const auto& kept : reports_) {
    const auto* finished = std::get_if<AttemptFinished>(&kept.report.body);
    if (finished != nullptr && kept.report.attempt == attempt) found.push_back(*finished);
  }
  return found;
}
std::optional<AttemptFailed> FakeCoordinator::failure_of(const AttemptToken& attempt) const {
  const Lock lock(mutex_);
  for (const auto& kept : reports_) {
    const auto* failed = std::get_if<AttemptFailed>(&kept.report.body);
    if (failed != nullptr && kept.report.attempt == attempt) return *failed;
  }
  return std::nullopt;
}
bool FakeCoordinator::has_started(const AttemptToken& attempt) const {
  const Lock lock(mutex_);
  return started_.count(attempt) > 0;
}
bool FakeCoordinator::is_draining() const {
  const Lock lock(mutex_);
  return draining_;
}
std::string FakeCoordinator::artifact(const ArtifactId& id) const {
  const Lock lock(mutex_);
  const auto found = artifacts_.find(wire::digest_to_wire(id.digest));
  return found == artifacts_.end() ? "(not there)" : found->second;
}
int FakeCoordinator::downloads() const {
  const Lock lock(mutex_);
  return downloads_;
}
int FakeCoordinator::heartbeats() const {
  const Lock lock(mutex_);
  return heartbeats_;
}
std::vector<std::int64_t> FakeCoordinator::upload_offsets() const {
  const Lock lock(mutex_);
  return upload_offsets_;
}

grpc::Status FakeCoordinator::Attach(grpc::ServerContext*, Stream* stream) {
  v1::WorkerBatch incoming;
  while (stream->Read(&incoming)) {
    const auto messages = wire::from_wire(incoming);
    if (!messages.ok()) return {grpc::StatusCode::INVALID_ARGUMENT, messages.error().message};
    const Lock lock(mutex_);
    for (const auto& message : *messages)
      if (const auto status = take(message, stream); !status.ok()) return status;
  }
  const Lock lock(mutex_);
  if (stream_ == stream) stream_ = nullptr;
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::take(const WorkerMessage& message, Stream* stream) {
  const auto* hello = std::get_if<WorkerHello>(&message);
  if (hello == nullptr) {
    take(message);
    return grpc::Status::OK;
  }
  hellos_.push_back(*hello);
  if (refusal_) return *refusal_;
  stream_ = stream;
  credits_.assign(hello->devices.size(), 0);
  owed_.clear();
  write(Welcome{SessionId{static_cast<std::int64_t>(hellos_.size())}, 1, 15'000, 1'000});
  return grpc::Status::OK;
}

void FakeCoordinator::take(const WorkerMessage& message) {
  if (const auto* credits = std::get_if<Credits>(&message)) {
    credits_ = credits->free;
    send_leases();
  } else if (const auto* said = std::get_if<SequencedReport>(&message)) {
    const AttemptToken& attempt = said->report.attempt;
    if (std::holds_alternative<AttemptStarted>(said->report.body)) started_.insert(attempt);
    if (const auto* log = std::get_if<LogLines>(&said->report.body)) {
      logs_[attempt].insert(logs_[attempt].end(), log->lines.begin(), log->lines.end());
    }
    if (said->sequence == 0) return;
    reports_.push_back(*said);
    if (acknowledge_) {
      write(ReportAck{said->sequence});
    } else {
      owed_.push_back(said->sequence);
    }
  } else if (std::holds_alternative<Heartbeat>(message)) {
    ++heartbeats_;
  } else if (std::holds_alternative<Draining>(message)) {
    draining_ = true;
  }
}

void FakeCoordinator::send_leases() {
  while (stream_ != nullptr && !waiting_.empty()) {
    const auto most = std::max_element(credits_.begin(), credits_.end());
    if (most == credits_.end() || *most <= 0) return;
    --*most;
    const auto& device = hellos_.back().devices[static_cast<std::size_t>(most - credits_.begin())].device;
    devices_[waiting_.front().attempt] = {device};
    write(Lease{{waiting_.front()}, {device}});
    waiting_.pop_front();
  }
}

void FakeCoordinator::write(const CoordinatorMessage& message) {
  if (stream_ == nullptr) return;
  v1::CoordinatorBatch batch;
  wire::to_wire(message, batch.add_messages());
  stream_->Write(batch);
}

grpc::Status FakeCoordinator::StatArtifact(grpc::ServerContext*, const v1::StatArtifactRequest* request,
                                           v1::StatArtifactResponse* response) {
  const Lock lock(mutex_);
  response->set_complete(artifacts_.count(request->sha256()) > 0);
  const auto& bytes = response->complete() ? artifacts_[request->sha256()] : incoming_[request->sha256()];
  response->set_bytes(static_cast<std::int64_t>(bytes.size()));
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::UploadArtifact(grpc::ServerContext*,
                                             grpc::ServerReader<v1::UploadArtifactRequest>* reader,
                                             v1::UploadArtifactResponse* response) {
  v1::UploadArtifactRequest request;
  std::string digest;
  while (reader->Read(&request)) {
    const Lock lock(mutex_);
    if (digest.empty()) {
      digest = request.sha256();
      upload_offsets_.push_back(request.chunk().offset());
      if (full_ > 0) {
        --full_;
        return {grpc::StatusCode::RESOURCE_EXHAUSTED, "artifact folder /a is full: 5 bytes needed, 0 free"};
      }
    }
    std::string& bytes = incoming_[digest];
    if (request.chunk().offset() != static_cast<std::int64_t>(bytes.size())) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "wrong offset"};
    }
    if (request.chunk().data().size() > kChunk)
      return {grpc::StatusCode::INVALID_ARGUMENT, "chunk too large"};
    bytes += request.chunk().data();
    if (break_after_ >= 0 && static_cast<std::int64_t>(bytes.size()) >= break_after_) {
      break_after_ = -1;
      return {grpc::StatusCode::UNAVAILABLE, "the cable was pulled"};
    }
  }
  const Lock lock(mutex_);
  const std::string bytes = std::exchange(incoming_[digest], {});
  if (wire::digest_to_wire(sha256(bytes)) != digest) return {grpc::StatusCode::DATA_LOSS, "wrong hash"};
  artifacts_[digest] = bytes;
  response->set_bytes(static_cast<std::int64_t>(bytes.size()));
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::DownloadArtifact(grpc::ServerContext*,
                                               const v1::DownloadArtifactRequest* request,
                                               grpc::ServerWriter<v1::ArtifactChunk>* writer) {
  std::string bytes;
  {
    const Lock lock(mutex_);
    ++downloads_;
    const auto found = artifacts_.find(request->sha256());
    if (found == artifacts_.end()) return {grpc::StatusCode::NOT_FOUND, "there is no such artifact"};
    bytes = found->second;
    if (spoiled_[request->sha256()] > 0) {
      --spoiled_[request->sha256()];
      bytes.back() = static_cast<char>(bytes.back() ^ 1);
    }
  }
  for (auto at = static_cast<std::size_t>(request->offset()); at < bytes.size(); at += kChunk) {
    v1::ArtifactChunk chunk;
    chunk.set_offset(static_cast<std::int64_t>(at));
    chunk.set_data(bytes.substr(at, kChunk));
    if (!writer->Write(chunk)) break;
  }
  return grpc::Status::OK;
}

}  // namespace spin
