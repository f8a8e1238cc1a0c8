#include "tests/server/app/fake_worker.h"

#include <chrono>
#include <utility>

#include <gtest/gtest.h>

#include "proto/wire/fleet.h"
#include "schema/base/sha256.h"

namespace spin {

FakeWorker::FakeWorker(const std::string& address, const std::string& name, const std::string& version,
                       const std::vector<AttemptToken>& held)
    : stub_(v1::Fleet::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {
  // Reached only where the coordinator is broken.
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  stream_ = stub_->Attach(&context_);
  std::vector<HeldAttempt> all;
  for (const AttemptToken& token : held) all.push_back({token, {"cpu"}});
  send(WorkerHello{.name = name,
                   .version = version,
                   .host = "test",
                   .devices = {{"cpu"}},
                   .slots = 4,
                   .threads = 1,
                   .pid = 1,
                   .held = std::move(all),
                   .instance = "start of " + name});
}

void FakeWorker::send(const WorkerMessage& message) {
  v1::WorkerBatch batch;
  wire::to_wire(message, batch.add_messages());
  stream_->Write(batch);
}

bool FakeWorker::read_batch() {
  v1::CoordinatorBatch batch;
  if (!stream_->Read(&batch)) return false;
  const auto messages = wire::from_wire(batch);
  EXPECT_TRUE(messages.ok());
  for (const auto& message : *messages) keep(message);
  return true;
}

void FakeWorker::keep(const CoordinatorMessage& message) {
  if (const auto* welcome = std::get_if<Welcome>(&message)) welcomes_.push_back(*welcome);
  if (const auto* lease = std::get_if<Lease>(&message)) leases_.push_back(lease->jobs.at(0));
  if (const auto* stop = std::get_if<StopAttempt>(&message)) stops_.push_back(*stop);
  if (const auto* ack = std::get_if<ReportAck>(&message)) {
    EXPECT_EQ(ack->sequence, acknowledged_ + 1) << "acknowledgements keep the order of the reports";
    acknowledged_ = ack->sequence;
  }
}

template <class T>
std::optional<T> FakeWorker::next(std::vector<T>* kept) {
  while (kept->empty())
    if (!read_batch()) return {};
  T first = kept->front();
  kept->erase(kept->begin());
  return first;
}

Welcome FakeWorker::welcome() { return next(&welcomes_).value_or(Welcome{}); }
std::optional<LeasedJob> FakeWorker::lease() { return next(&leases_); }
std::optional<StopAttempt> FakeWorker::stop() { return next(&stops_); }
void FakeWorker::offer(int slots) { send(Credits{{slots}}); }

void FakeWorker::report(const LeasedJob& lease, ReportBody body) {
  send(SequencedReport{++sent_, {.job = lease.job, .attempt = lease.attempt, .body = std::move(body)}});
}

void FakeWorker::wait_for_acks() {
  while (acknowledged_ < sent_) ASSERT_TRUE(read_batch()) << "the stream ended before all was acknowledged";
}

void FakeWorker::finish(const LeasedJob& lease, double top1) {
  report(lease, AttemptStarted{});
  report(lease, EpochFinished{{1,
                               {{Metric::loss, 1},
                                {Metric::top1, 50},
                                {Metric::top5, 90},
                                {Metric::images_per_second, 10},
                                {Metric::seconds, 1}}}});
  report(lease, LogLines{{"training " + lease.name}});
  const ArtifactRef model = upload("model of " + lease.name);
  report(lease, AttemptFinished{.result = {Outcome::completed,
                                           {{Metric::top1, top1},
                                            {Metric::top5, 95},
                                            {Metric::params, 1000},
                                            {Metric::flops, 2000},
                                            {Metric::images_per_second, 10},
                                            {Metric::peak_bytes, 1 << 20},
                                            {Metric::seconds, 2}}},
                                .outputs = {model}});
  wait_for_acks();
}

ArtifactRef FakeWorker::upload(const std::string& bytes) {
  const ArtifactRef artifact{.id = {sha256(bytes)}, .kind = ArtifactKind::model, .bytes = std::ssize(bytes)};
  grpc::ClientContext context;
  v1::UploadArtifactResponse response;
  const auto writer = stub_->UploadArtifact(&context, &response);
  v1::UploadArtifactRequest message;
  message.set_sha256(wire::digest_to_wire(artifact.id.digest));
  message.set_bytes(artifact.bytes);
  message.mutable_chunk()->set_data(bytes);
  writer->Write(message);
  writer->WritesDone();
  const auto status = writer->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return artifact;
}

grpc::Status FakeWorker::leave() {
  stream_->WritesDone();
  return status();
}

grpc::Status FakeWorker::status() {
  while (read_batch()) {
  }
  return stream_->Finish();
}

}  // namespace spin
