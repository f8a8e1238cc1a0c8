#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "server/rpc/control_service.h"
#include "tests/server/rpc/fixture.h"

namespace spin {
namespace {

class UpkeepCalls : public RpcTest {
 protected:
  struct Answer {
    grpc::Status status;
    std::vector<std::string> columns;
    std::int64_t rows = 0, last = 0;
    bool cut = false;
  };
  Answer query(const std::string& sql, std::int64_t max_rows = 0) {
    grpc::ClientContext context;
    set_deadline(context);
    v1::QueryRequest request;
    request.set_sql(sql);
    request.set_max_rows(max_rows);
    const auto reader = control_->Query(&context, request);
    Answer answer;
    for (v1::QueryRows message; reader->Read(&message);) {
      for (const auto& name : message.columns()) answer.columns.push_back(name);
      answer.rows += message.rows_size();
      if (message.rows_size() > 0) answer.last = message.rows(message.rows_size() - 1).values(0).integer();
      answer.cut = message.cut();
    }
    answer.status = reader->Finish();
    return answer;
  }
};

TEST_F(UpkeepCalls, AQueryAnswersAllRowsInTheirOrder) {
  const Answer all = query("SELECT n, text FROM numbers");
  ASSERT_TRUE(all.status.ok()) << all.status.error_message();
  EXPECT_EQ(all.columns, (std::vector<std::string>{"n", "text"}));
  EXPECT_EQ(all.rows, MemoryBackend::kRows);
  EXPECT_EQ(all.last, MemoryBackend::kRows);
  EXPECT_FALSE(all.cut);
  const Answer some = query("SELECT n, text FROM numbers", 7);
  EXPECT_EQ(some.rows, 7);
  EXPECT_TRUE(some.cut) << "or nobody knows that there is more";
  EXPECT_EQ(query("DROP TABLE job").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(query("SELECT n, text FROM numbers", -1).status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(query(std::string(100'000, ' ')).status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(UpkeepCalls, ABackupTellsHowFarItIsAndThatItIsComplete) {
  const auto back_up = [&](const std::string& name, bool replace, std::int64_t* done) {
    grpc::ClientContext context;
    set_deadline(context);
    v1::BackupRequest request;
    request.set_name(name);
    request.set_replace(replace);
    const auto reader = control_->Backup(&context, request);
    bool complete = false;
    for (v1::BackupProgress message; reader->Read(&message);) {
      *done = message.done_bytes();
      complete = message.complete();
      EXPECT_EQ(message.path(), complete ? "/backups/" + name : "");
    }
    const auto status = reader->Finish();
    EXPECT_EQ(status.ok(), complete);
    return status;
  };
  std::int64_t done = 0;
  EXPECT_TRUE(back_up("new.db", false, &done).ok());
  EXPECT_EQ(done, 3);
  EXPECT_EQ(back_up("there.db", false, &done).error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_TRUE(back_up("there.db", true, &done).ok());
}

TEST_F(UpkeepCalls, AnExaminationAnswersItsChecks) {
  grpc::ClientContext context;
  set_deadline(context);
  v1::ExamineRequest request;
  request.set_deep(true);
  v1::ExamineResponse response;
  ASSERT_TRUE(control_->Examine(&context, request, &response).ok());
  ASSERT_EQ(response.checks_size(), 1);
  EXPECT_EQ(response.checks(0).state(), "failed");
  EXPECT_EQ(response.checks(0).advice(), "put one back");
}

TEST_F(UpkeepCalls, AWorkerThatIsNotThereCannotBeDrained) {
  grpc::ClientContext context;
  set_deadline(context);
  v1::DrainWorkerRequest request;
  request.set_worker("nobody");
  v1::DrainWorkerResponse response;
  EXPECT_EQ(control_->Drain(&context, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(SlowReader, IsCutOffAndNobodyElse) {
  MemoryBackend backend(1);
  const TempFolder folder;
  const auto artifacts = std::move(*ArtifactStore::open(folder / "artifacts"));
  ControlService service(backend, *artifacts, std::chrono::milliseconds(100));
  const std::string address = "unix:" + (folder / "sock").string();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  const auto stub = v1::Control::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));

  grpc::ClientContext context;
  set_deadline(context);
  v1::QueryRequest request;
  request.set_sql("SELECT n, text FROM numbers");
  const auto reader = stub->Query(&context, request);
  v1::QueryRows message;
  ASSERT_TRUE(reader->Read(&message));
  // Its twenty megabytes are far more than any buffer holds, and it reads no more.
  EXPECT_TRUE(eventually(std::chrono::seconds(30), [&] { return service.cut_off() == 1; }));
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);

  grpc::ClientContext other;
  set_deadline(other);
  v1::GetStatusResponse status;
  EXPECT_TRUE(stub->GetStatus(&other, {}, &status).ok());
  server->Shutdown();
}

}  // namespace
}  // namespace spin
