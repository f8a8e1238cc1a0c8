#include "tests/bench/dispatch/noop_worker.h"

#include <iostream>
#include <utility>

#include <unistd.h>

#include "schema/base/version.h"

namespace spin::bench {
namespace {

constexpr std::size_t kBatchBytes = 1 << 20;

}  // namespace

NoopWorker::NoopWorker(const std::shared_ptr<grpc::Channel>& channel, const std::string& name, int slots)
    : stub_(v1::Fleet::NewStub(channel)), stream_(stub_->Attach(&context_)), slots_(slots) {
  auto* hello = outgoing_.add_messages()->mutable_hello();
  hello->set_name(name);
  hello->set_instance(name);
  hello->set_version(std::string(kVersion));
  hello->set_host("bench");
  hello->add_devices()->set_device("cpu");
  hello->set_slots(slots);
  hello->set_threads(1);
  hello->set_pid(getpid());
  flush();
  read();
}

void NoopWorker::offer() {
  add_credits();
  flush();
}

bool NoopWorker::read() {
  leases_.clear();
  if (has_ended_) return false;
  if (!stream_->Read(&incoming_)) {
    has_ended_ = true;
    if (const auto status = stream_->Finish(); status.error_code() != grpc::StatusCode::CANCELLED)
      std::cerr << "a worker's stream ended: " << status.error_message() << '\n';
    return false;
  }
  for (auto& message : *incoming_.mutable_messages()) {
    if (message.has_lease())
      for (auto& job : *message.mutable_lease()->mutable_jobs()) leases_.push_back(std::move(job));
    if (message.has_ack()) acknowledged_ = message.ack().sequence();
  }
  return true;
}

namespace {

template <class Message>
void add_values(Message* message, std::initializer_list<std::pair<const char*, double>> values) {
  for (const auto& [name, number] : values) {
    auto* metric = message->add_values();
    metric->set_name(name);
    metric->set_value(number);
  }
}

}  // namespace

v1::Report& NoopWorker::add_report(const v1::LeasedJob& lease) {
  auto& report = *outgoing_.add_messages()->mutable_report();
  report.set_job(lease.job());
  *report.mutable_attempt() = lease.attempt();
  return report;
}

void NoopWorker::add_result(const v1::LeasedJob& lease) {
  add_report(lease).mutable_started();
  auto& report = add_report(lease);
  report.set_sequence(++sequence_);
  auto* result = report.mutable_finished()->mutable_result();
  result->set_outcome(v1::OUTCOME_COMPLETED);
  add_values(result, {{"top1", 75},
                      {"top5", 95},
                      {"params", 1000},
                      {"flops", 1000},
                      {"images_per_second", 1},
                      {"peak_bytes", 0},
                      {"seconds", 1}});
}

void NoopWorker::add_epoch(const v1::LeasedJob& lease, int epoch) {
  auto& report = add_report(lease);
  report.set_sequence(++sequence_);
  auto* metrics = report.mutable_epoch();
  metrics->set_epoch(epoch);
  add_values(metrics,
             {{"loss", 1.5}, {"top1", 50}, {"top5", 90}, {"images_per_second", 1000}, {"seconds", 1}});
}

void NoopWorker::add_credits() { outgoing_.add_messages()->mutable_credits()->add_free(slots_); }

void NoopWorker::flush() {
  v1::WorkerBatch part;
  std::size_t bytes = 0;
  for (auto& message : *outgoing_.mutable_messages()) {
    bytes += message.ByteSizeLong();
    part.add_messages()->Swap(&message);
    if (bytes < kBatchBytes) continue;
    stream_->Write(part);
    part.Clear();
    bytes = 0;
  }
  if (part.messages_size() > 0) stream_->Write(part);
  outgoing_.Clear();
}

}  // namespace spin::bench
