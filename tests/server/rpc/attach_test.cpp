#include <deque>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "proto/wire/fleet.h"
#include "schema/base/version.h"
#include "server/rpc/worker_stream.h"
#include "tests/server/rpc/fixture.h"

namespace spin {
namespace {

using std::chrono::seconds;

WorkerHello hello(const std::string& name) {
  return {.name = name,
          .version = std::string(kVersion),
          .host = "host",
          .devices = {{"cpu"}},
          .slots = 2,
          .threads = 1,
          .pid = 1,
          .held = {},
          .instance = "start of " + name};
}

/// The worker's end of a stream.
class Client {
 public:
  explicit Client(v1::Fleet::Stub& stub) {
    set_deadline(context_);
    stream_ = stub.Attach(&context_);
  }
  bool send(const WorkerMessage& value) {
    v1::WorkerBatch batch;
    wire::to_wire(value, batch.add_messages());
    return stream_->Write(batch);
  }
  bool send_raw(const v1::WorkerMessage& message) {
    v1::WorkerBatch batch;
    *batch.add_messages() = message;
    return stream_->Write(batch);
  }
  /// None at the end of the stream.
  std::optional<CoordinatorMessage> receive() {
    while (received_.empty()) {
      v1::CoordinatorBatch batch;
      if (!stream_->Read(&batch)) return {};
      auto messages = wire::from_wire(batch);
      EXPECT_TRUE(messages.ok());
      received_.assign(messages->begin(), messages->end());
    }
    CoordinatorMessage first = std::move(received_.front());
    received_.pop_front();
    return first;
  }
  template <class T>
  T expect() {
    const auto message = receive();
    EXPECT_TRUE(message.has_value()) << "the stream ended";
    if (!message || !std::holds_alternative<T>(*message)) {
      ADD_FAILURE() << "another message came";
      return {};
    }
    return std::get<T>(*message);
  }
  void half_close() { stream_->WritesDone(); }
  /// Reads what is left.
  grpc::Status end() {
    while (receive()) {
    }
    return stream_->Finish();
  }
  void vanish() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WorkerBatch, v1::CoordinatorBatch>> stream_;
  std::deque<CoordinatorMessage> received_;
};

class Attach : public RpcTest {};

TEST_F(Attach, LeasesGoDownForCreditsAndReportsAreAcknowledged) {
  Client worker(*fleet_);
  worker.send(hello("w"));
  EXPECT_EQ(worker.expect<Welcome>().lease_ms, 1000);
  worker.send(Credits{{2}});
  const LeasedJob first = worker.expect<Lease>().jobs.at(0);
  const LeasedJob second = worker.expect<Lease>().jobs.at(0);
  EXPECT_EQ(first.name, "job-1");
  EXPECT_EQ(second.name, "job-2");
  const Report report{.job = first.job, .attempt = first.attempt, .body = AttemptFinished{}};
  worker.send(SequencedReport{41, report});
  EXPECT_EQ(worker.expect<ReportAck>().sequence, 41U);
  ASSERT_EQ(backend_.reports().size(), 1U);
  EXPECT_EQ(backend_.reports()[0].report, report);
  worker.half_close();
  EXPECT_TRUE(worker.end().ok());
  EXPECT_TRUE(eventually(seconds(30), [&] { return backend_.attached() == 0; }));
}

TEST_F(Attach, MessagesKeepTheirOrder) {
  Client worker(*fleet_);
  worker.send(hello("w"));
  worker.expect<Welcome>();
  constexpr std::uint64_t kReports = 2000;
  const Report report{.job = {}, .attempt = {1, 1}, .body = LogLines{{"line"}}};
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= kReports; ++i) worker.send(SequencedReport{i, report});
  });
  for (std::uint64_t i = 1; i <= kReports; ++i) ASSERT_EQ(worker.expect<ReportAck>().sequence, i);
  writer.join();
  const auto reports = backend_.reports();
  ASSERT_EQ(reports.size(), kReports);
  for (std::uint64_t i = 0; i < kReports; ++i) ASSERT_EQ(reports[i].sequence, i + 1);
}

TEST_F(Attach, AWorkerThatVanishesIsDetached) {
  Client worker(*fleet_);
  worker.send(hello("w"));
  worker.expect<Welcome>();
  ASSERT_EQ(backend_.attached(), 1U);
  worker.vanish();
  EXPECT_TRUE(eventually(seconds(30), [&] { return backend_.attached() == 0; }));
}

TEST_F(Attach, AReasonToCloseBecomesTheStatus) {
  Client worker(*fleet_);
  auto other = hello("w");
  other.version = "9.9.9";
  worker.send(other);
  const auto status = worker.end();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_NE(status.error_message().find("9.9.9"), std::string::npos);
}

TEST_F(Attach, WhatWasSentBeforeTheCloseStillArrives) {
  Client worker(*fleet_);
  worker.send(hello("w"));
  worker.expect<Welcome>();
  backend_.send_to_all(ReportAck{5});
  ASSERT_EQ(worker.expect<ReportAck>().sequence, 5U);
  backend_.close_all(Error{ErrorCode::unavailable, "replaced"});
  backend_.send_to_all(ReportAck{6});
  EXPECT_FALSE(worker.receive().has_value()) << "nothing is sent after the close";
  EXPECT_EQ(worker.end().error_message(), "replaced");
}

TEST_F(Attach, TheFirstMessageIsHello) {
  Client worker(*fleet_);
  worker.send(Credits{{1}});
  const auto status = worker.end();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("not hello"), std::string::npos);
}

TEST_F(Attach, HelloComesOnce) {
  Client worker(*fleet_);
  worker.send(hello("w"));
  worker.expect<Welcome>();
  worker.send(hello("w"));
  EXPECT_EQ(worker.end().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(eventually(seconds(30), [&] { return backend_.attached() == 0; }));
}

TEST_F(Attach, WhatAWorkerMayNotSendEndsItsStreamAndNoOther) {
  Client good(*fleet_);
  good.send(hello("good"));
  good.expect<Welcome>();
  Client bad(*fleet_);
  bad.send(hello("bad"));
  bad.expect<Welcome>();
  v1::WorkerMessage message;
  message.mutable_report()->set_job("short");
  bad.send_raw(message);
  const auto status = bad.end();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("5 bytes"), std::string::npos);
  EXPECT_TRUE(eventually(seconds(30), [&] { return backend_.attached() == 1; }));
  good.send(Credits{{1}});
  EXPECT_EQ(good.expect<Lease>().jobs.at(0).name, "job-1");
}

TEST_F(Attach, AWorkerThatDoesNotReadIsCutOff) {
  Client worker(*fleet_);
  worker.send(hello("w"));
  worker.expect<Welcome>();
  LeasedJob large;
  large.attempt = {1, 1};
  large.config = std::string(1 << 20, 'x');
  const auto enough = 2 * WorkerStream::kMaxQueuedBytes / large.config.size();
  for (std::size_t i = 0; i < enough; ++i) backend_.send_to_all(Lease{{large}, {"cpu"}});
  EXPECT_TRUE(eventually(seconds(30), [&] { return backend_.attached() == 0; }));
  EXPECT_FALSE(worker.end().ok());
}

TEST_F(Attach, StoppingTheServerEndsStreamsWithUnavailable) {
  Client worker(*fleet_);
  worker.send(hello("w"));
  worker.expect<Welcome>();
  server_->stop();
  EXPECT_EQ(worker.end().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(backend_.attached(), 0U);
}

}  // namespace
}  // namespace spin
