#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "proto/wire/fleet.h"
#include "schema/base/sha256.h"
#include "server/rpc/control_service.h"
#include "server/rpc/fleet_service.h"
#include "tests/server/rpc/fixture.h"

// What happens when many call at once, and when some of them do not go on.

namespace spin {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The services with limits and patience of a test.
class Limits : public testing::Test {
 protected:
  void serve(const CallLimits& limits, int transfers, milliseconds patience = seconds(60)) {
    auto artifacts = ArtifactStore::open(folder_ / "artifacts");
    ASSERT_TRUE(artifacts.ok()) << artifacts.error().message;
    artifacts_ = std::move(*artifacts);
    control_service_ = std::make_unique<ControlService>(backend_, *artifacts_, patience, limits);
    fleet_service_ = std::make_unique<FleetService>(backend_, *artifacts_, patience, transfers);
    const std::string address = "unix:" + (folder_ / "sock").string();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterService(control_service_.get());
    builder.RegisterService(fleet_service_.get());
    server_ = builder.BuildAndStart();
    const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    control_ = v1::Control::NewStub(channel);
    fleet_ = v1::Fleet::NewStub(channel);
  }
  ~Limits() override {
    control_service_->stop();
    fleet_service_->stop(Error{ErrorCode::unavailable, "spind is stopping"});
    server_->Shutdown();
    server_->Wait();
  }

  grpc::Status status() {
    grpc::ClientContext context;
    set_deadline(context);
    v1::GetStatusResponse response;
    return control_->GetStatus(&context, {}, &response);
  }

  TempFolder folder_;
  MemoryBackend backend_{3};
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<ControlService> control_service_;
  std::unique_ptr<FleetService> fleet_service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::Control::Stub> control_;
  std::unique_ptr<v1::Fleet::Stub> fleet_;
};

/// One who watches until it is destroyed.
struct Watcher {
  explicit Watcher(v1::Control::Stub& control) {
    set_deadline(context);
    v1::WatchRequest request;
    request.set_sweep("s");
    reader = control.Watch(&context, request);
    sees = reader->Read(&first);
  }
  ~Watcher() { context.TryCancel(); }
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::SweepStatus>> reader;
  v1::SweepStatus first;
  bool sees = false;
};

struct Follower {
  explicit Follower(v1::Control::Stub& control) {
    set_deadline(context);
    v1::GetLogsRequest request;
    request.set_job("job-1");
    request.set_follow(true);
    reader = control.GetLogs(&context, request);
    sees = reader->Read(&line);
  }
  ~Follower() { context.TryCancel(); }
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::LogLine>> reader;
  v1::LogLine line;
  bool sees = false;
};

/// An upload of two chunks of which one was sent.
struct HalfUpload {
  HalfUpload(v1::Fleet::Stub& fleet, const std::string& name) : bytes(2 * kArtifactChunkBytes, 'x') {
    bytes.replace(0, name.size(), name);
    set_deadline(context);
    writer = fleet.UploadArtifact(&context, &response);
    v1::UploadArtifactRequest message;
    message.set_sha256(wire::digest_to_wire(sha256(bytes)));
    message.set_bytes(static_cast<std::int64_t>(bytes.size()));
    add(message, 0);
    writer->Write(message);
  }
  void add(v1::UploadArtifactRequest& message, std::size_t offset) {
    message.mutable_chunk()->set_offset(static_cast<std::int64_t>(offset));
    message.mutable_chunk()->set_data(bytes.substr(offset, kArtifactChunkBytes));
  }
  grpc::Status finish() {
    v1::UploadArtifactRequest message;
    add(message, kArtifactChunkBytes);
    writer->Write(message);
    writer->WritesDone();
    return writer->Finish();
  }
  std::string bytes;
  grpc::ClientContext context;
  v1::UploadArtifactResponse response;
  std::unique_ptr<grpc::ClientWriter<v1::UploadArtifactRequest>> writer;
};

void expect_refusal(const grpc::Status& status, const std::string& reason) {
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), reason);
}

TEST_F(Limits, WatchersBeyondTheLimitAreToldSoAndFindAPlaceLater) {
  serve({.watches = 2}, 1);
  auto first = std::make_unique<Watcher>(*control_);
  const Watcher second(*control_);
  ASSERT_TRUE(first->sees && second.sees);
  const Watcher third(*control_);
  ASSERT_FALSE(third.sees);
  expect_refusal(third.reader->Finish(), "2 calls of `watch` run already; try later");
  EXPECT_TRUE(status().ok());
  first.reset();
  EXPECT_TRUE(eventually(seconds(30), [&] { return Watcher(*control_).sees; }));
}

TEST_F(Limits, FollowersOfLogsBeyondTheLimitAreToldSo) {
  serve({.followed_logs = 1}, 1);
  backend_.add_log("one");
  const Follower first(*control_);
  ASSERT_TRUE(first.sees);
  const Follower second(*control_);
  ASSERT_FALSE(second.sees);
  expect_refusal(second.reader->Finish(), "1 calls of `logs -f` run already; try later");
  EXPECT_TRUE(Watcher(*control_).sees) << "another kind has a limit of its own";
}

TEST_F(Limits, QueriesBeyondTheLimitAreToldSo) {
  serve({.queries = 1}, 1);
  grpc::ClientContext context, other;
  set_deadline(context);
  set_deadline(other);
  v1::QueryRequest request;
  request.set_sql("SELECT n, text FROM numbers");
  const auto slow = control_->Query(&context, request);
  v1::QueryRows rows;
  ASSERT_TRUE(slow->Read(&rows)) << "its twenty megabytes wait to be read";
  const auto refused = control_->Query(&other, request);
  EXPECT_FALSE(refused->Read(&rows));
  expect_refusal(refused->Finish(), "1 queries run already; try later");
  EXPECT_TRUE(status().ok());
  context.TryCancel();
}

TEST_F(Limits, TransfersBeyondTheLimitAreToldSoAndComeThroughLater) {
  serve({}, 1);
  HalfUpload first(*fleet_, "first");
  // The limit counts once the server has heard of it.
  EXPECT_TRUE(eventually(seconds(30), [&] {
    HalfUpload second(*fleet_, "second");
    const auto status = second.finish();
    if (status.ok()) return false;
    EXPECT_EQ(status.error_message(), "1 uploads and downloads run already; try later");
    return status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
  }));
  EXPECT_TRUE(first.finish().ok());
  for (int i = 0; i < 50; ++i) {
    const auto next = HalfUpload(*fleet_, "next " + std::to_string(i)).finish();
    ASSERT_TRUE(next.ok()) << "who was told the end of one call may begin another: " << next.error_message();
  }
}

TEST_F(Limits, AListingThatWasReadToItsEndLeavesItsPlaceAtOnce) {
  serve({.listings = 1}, 1);
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    set_deadline(context);
    v1::ListJobsRequest request;
    request.set_sweep("s");
    const auto jobs = control_->ListJobs(&context, request);
    v1::JobRow row;
    while (jobs->Read(&row)) {
    }
    const auto status = jobs->Finish();
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
}

TEST_F(Limits, AnUploadThatStallsIsCutOffAndGoesOnLater) {
  serve({}, 1, milliseconds(200));
  HalfUpload stalled(*fleet_, "x");
  EXPECT_TRUE(eventually(seconds(30), [&] { return fleet_service_->cut_off() == 1; }));
  EXPECT_EQ(stalled.finish().error_code(), grpc::StatusCode::CANCELLED);
  grpc::Status later;
  EXPECT_TRUE(eventually(seconds(30), [&] {
    grpc::ClientContext context;
    set_deadline(context);
    v1::UploadArtifactResponse response;
    const auto writer = fleet_->UploadArtifact(&context, &response);
    v1::UploadArtifactRequest message;
    message.set_sha256(wire::digest_to_wire(sha256(stalled.bytes)));
    message.set_bytes(static_cast<std::int64_t>(stalled.bytes.size()));
    stalled.add(message, kArtifactChunkBytes);
    writer->Write(message);
    writer->WritesDone();
    later = writer->Finish();
    return later.ok();
  })) << later.error_message();
}

/// An artifact that does not fit into what lies between two who do not go on.
v1::DownloadArtifactRequest keep_large_artifact(ArtifactStore& artifacts) {
  const std::string bytes(32 << 20, 'x');
  const ArtifactId id{sha256(bytes)};
  auto upload = artifacts.upload(id, static_cast<std::int64_t>(bytes.size()));
  EXPECT_TRUE(upload.ok() && (*upload)->append(0, bytes).ok() && (*upload)->finish().ok());
  v1::DownloadArtifactRequest request;
  request.set_sha256(wire::digest_to_wire(id.digest));
  return request;
}

TEST_F(Limits, ADownloadThatIsNotReadIsCutOff) {
  serve({}, 1, milliseconds(200));
  const auto request = keep_large_artifact(*artifacts_);
  const auto check = [&](auto& stub, auto& service) {
    grpc::ClientContext context;
    set_deadline(context);
    const auto reader = stub.DownloadArtifact(&context, request);
    v1::ArtifactChunk chunk;
    ASSERT_TRUE(reader->Read(&chunk));
    EXPECT_TRUE(eventually(seconds(30), [&] { return service.cut_off() == 1; }));
    while (reader->Read(&chunk)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  };
  check(*fleet_, *fleet_service_);
  check(*control_, *control_service_);
}

TEST_F(Limits, DownloadsBeyondThoseThatAreAllowedAreRefused) {
  serve({.downloads = 1}, 1);
  const auto request = keep_large_artifact(*artifacts_);
  grpc::ClientContext context;
  set_deadline(context);
  const auto reader = control_->DownloadArtifact(&context, request);
  v1::ArtifactChunk chunk;
  ASSERT_TRUE(reader->Read(&chunk));
  grpc::ClientContext second;
  set_deadline(second);
  const auto refused = control_->DownloadArtifact(&second, request);
  EXPECT_FALSE(refused->Read(&chunk));
  const auto why = refused->Finish();
  EXPECT_EQ(why.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(why.error_message(), "1 downloads run already; try later");
  EXPECT_TRUE(status().ok());
  context.TryCancel();
  (void)reader->Finish();
}

class Crowd : public RpcTest {
 protected:
  grpc::Status cancel() {
    grpc::ClientContext context;
    set_deadline(context);
    v1::SteerRequest request;
    request.set_target("s");
    request.mutable_cancel();
    v1::SteerResponse response;
    return control_->Steer(&context, request, &response);
  }
};

TEST_F(Crowd, ShortCallsGetThroughWhateverWatchesFollowsAndTransfers) {
  backend_.add_log("one");
  std::vector<std::unique_ptr<Watcher>> watchers;
  std::vector<std::unique_ptr<Follower>> followers;
  std::vector<std::unique_ptr<HalfUpload>> uploads;
  for (int i = 0; i < 200; ++i) {
    watchers.push_back(std::make_unique<Watcher>(*control_));
    ASSERT_TRUE(watchers.back()->sees) << i;
  }
  for (int i = 0; i < 100; ++i) {
    followers.push_back(std::make_unique<Follower>(*control_));
    ASSERT_TRUE(followers.back()->sees) << i;
    uploads.push_back(std::make_unique<HalfUpload>(*fleet_, std::to_string(i)));
  }
  {
    grpc::ClientContext context;
    set_deadline(context);
    v1::GetStatusResponse response;
    EXPECT_TRUE(control_->GetStatus(&context, {}, &response).ok());
  }
  {
    grpc::ClientContext context;
    set_deadline(context);
    v1::ListWorkersResponse response;
    EXPECT_TRUE(control_->ListWorkers(&context, {}, &response).ok());
  }
  {
    grpc::ClientContext context;
    set_deadline(context);
    v1::DrainWorkerRequest request;
    request.set_worker("nobody");
    v1::DrainWorkerResponse response;
    EXPECT_EQ(control_->Drain(&context, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
  }
  EXPECT_TRUE(cancel().ok());
  for (auto& watcher : watchers) {
    v1::SweepStatus status;
    ASSERT_TRUE(watcher->reader->Read(&status));
    EXPECT_EQ(status.counts().cancelled(), 3);
    EXPECT_TRUE(watcher->reader->Finish().ok());
  }
  for (auto& upload : uploads) EXPECT_TRUE(upload->finish().ok());
}

/// One that runs until the backend lets it go.
struct SlowQuery {
  explicit SlowQuery(v1::Control::Stub& control) {
    set_deadline(context);
    v1::QueryRequest request;
    request.set_sql(MemoryBackend::kSlowQuery);
    reader = control.Query(&context, request);
  }
  grpc::Status finish() {
    v1::QueryRows rows;
    while (reader->Read(&rows)) {
    }
    return reader->Finish();
  }
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::QueryRows>> reader;
};

TEST_F(Crowd, QueriesWaitForEachOtherAndNobodyElseWaitsForThem) {
  std::vector<std::unique_ptr<SlowQuery>> queries;
  for (int i = 0; i < 40; ++i) queries.push_back(std::make_unique<SlowQuery>(*control_));
  ASSERT_TRUE(eventually(seconds(30), [&] { return backend_.running_queries() == 4; }));
  {
    grpc::ClientContext context;
    set_deadline(context);
    v1::GetStatusResponse response;
    EXPECT_TRUE(control_->GetStatus(&context, {}, &response).ok());
  }
  {
    grpc::ClientContext context;
    set_deadline(context);
    v1::ListJobsRequest request;
    request.set_sweep("s");
    const auto jobs = control_->ListJobs(&context, request);
    v1::JobRow row;
    EXPECT_TRUE(jobs->Read(&row));
    while (jobs->Read(&row)) {
    }
    EXPECT_TRUE(jobs->Finish().ok());
  }
  {
    grpc::ClientContext context;
    set_deadline(context);
    v1::GetResultsRequest request;
    request.set_sweep("s");
    const auto results = control_->GetResults(&context, request);
    v1::ResultRow row;
    EXPECT_TRUE(results->Read(&row));
    while (results->Read(&row)) {
    }
    EXPECT_TRUE(results->Finish().ok());
  }
  EXPECT_EQ(backend_.running_queries(), 4) << "so many share the memory and the disk that are theirs";
  backend_.let_queries_go();
  for (auto& query : queries) EXPECT_TRUE(query->finish().ok());
}

TEST_F(Crowd, QueriesOfClientsWhoWentLeaveTheQueue) {
  std::vector<std::unique_ptr<SlowQuery>> running, waiting;
  for (int i = 0; i < 4; ++i) running.push_back(std::make_unique<SlowQuery>(*control_));
  ASSERT_TRUE(eventually(seconds(30), [&] { return backend_.running_queries() == 4; }));
  // More than the limit: a query that asks below whether it is reached may have taken the last place of one.
  for (int i = 0; i < 80; ++i) waiting.push_back(std::make_unique<SlowQuery>(*control_));
  const auto is_refused = [this] {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
    v1::QueryRequest request;
    request.set_sql(MemoryBackend::kSlowQuery);
    const auto reader = control_->Query(&context, request);
    v1::QueryRows rows;
    EXPECT_FALSE(reader->Read(&rows));
    return reader->Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
  };
  ASSERT_TRUE(eventually(seconds(30), is_refused));
  for (auto& query : waiting) {
    query->context.TryCancel();
    EXPECT_FALSE(query->finish().ok());
  }
  EXPECT_TRUE(eventually(seconds(30), [&] { return !is_refused(); }));
  EXPECT_EQ(backend_.running_queries(), 4);
  backend_.let_queries_go();
  for (auto& query : running) EXPECT_TRUE(query->finish().ok());
}

TEST_F(Crowd, AllStreamsEndWhenTheServerStops) {
  backend_.add_log("one");
  std::vector<std::unique_ptr<Watcher>> watchers;
  std::vector<std::unique_ptr<Follower>> followers;
  std::vector<std::unique_ptr<HalfUpload>> uploads;
  for (int i = 0; i < 100; ++i) {
    watchers.push_back(std::make_unique<Watcher>(*control_));
    followers.push_back(std::make_unique<Follower>(*control_));
    uploads.push_back(std::make_unique<HalfUpload>(*fleet_, std::to_string(i)));
  }
  server_->stop();
  for (auto& watcher : watchers)
    EXPECT_EQ(watcher->reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  for (auto& follower : followers)
    EXPECT_EQ(follower->reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  for (auto& upload : uploads) EXPECT_EQ(upload->finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace spin
