#include <fstream>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "schema/base/file.h"
#include "schema/base/sha256.h"
#include "tests/worker/daemon/disk_faults.h"
#include "tests/worker/daemon/worker.h"
#include "worker/daemon/transfers.h"

// Models that are kept and inputs that are fetched, on a disk that fails or is full.

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;

constexpr AttemptToken kAttempt{3, 1};

class KeptModelsDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(file_) << "weights";
    auto opened = KeptModels::open(folder_ / "models", {});
    ASSERT_TRUE(opened.ok());
    models_ = std::move(*opened);
  }
  [[nodiscard]] bool is_one_file() const { return fs::equivalent(file_, models_->path(kAttempt)); }

  TempFolder folder_;
  const fs::path file_ = folder_ / "model.safetensors";
  std::unique_ptr<KeptModels> models_;
};

TEST_F(KeptModelsDisk, AfterAFailedFsyncTheBytesAreWrittenAnew) {
  disk_faults().failing_file_syncs = 2;
  for (int i = 0; i < 2; ++i) {
    const auto failed = models_->keep(kAttempt, file_);
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::internal);
  }
  const auto kept = models_->keep(kAttempt, file_);
  ASSERT_TRUE(kept.ok()) << kept.error().message;
  EXPECT_EQ(kept->id.digest, sha256("weights"));
  EXPECT_EQ(*read_file(models_->path(kAttempt), 100), "weights");
  EXPECT_FALSE(is_one_file()) << "the kernel holds the pages of that one for written";
}

TEST_F(KeptModelsDisk, WithoutAFaultNothingIsCopied) {
  ASSERT_TRUE(models_->keep(kAttempt, file_).ok());
  EXPECT_TRUE(is_one_file());
}

TEST_F(KeptModelsDisk, WhatAFailedFsyncHasLostIsNotKept) {
  disk_faults().failing_file_syncs = 1;
  ASSERT_FALSE(models_->keep(kAttempt, file_).ok());
  std::ofstream(file_) << std::string(7, '\0');
  const auto lost = models_->keep(kAttempt, file_);
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, ErrorCode::data_loss);
}

TEST(TransfersDisk, AnInputThatFindsNoRoomBesideTheCacheIsGivenUp) {
  Fleet fleet;
  const auto artifact = fleet.coordinator.put_artifact("unshared");
  auto cache = ArtifactCache::open(fleet.folder / "cache", 1000).value();
  auto models = KeptModels::open(fleet.folder / "models", {}).value();
  boost::asio::io_context io;
  std::vector<agent::Event> events;
  const auto channel =
      grpc::CreateChannel("unix:" + (fleet.folder / "sock").string(), grpc::InsecureChannelCredentials());
  {
    Transfers transfers(io, channel, *cache, *models, fleet.folder.path(),
                        [&](agent::Event event) { events.push_back(std::move(event)); });
    disk_faults().is_other_full_disk = true;
    transfers.fetch(kAttempt, agent::Input::init, artifact, fleet.folder / "init");
    EXPECT_TRUE(eventually(Fleet::kDeadline, [&] {
      io.restart();
      io.run_for(std::chrono::milliseconds(10));
      return !events.empty();
    }));
    disk_faults().is_other_full_disk = false;
  }
  ASSERT_EQ(events.size(), 1U);
  const auto* failed = std::get_if<agent::FetchFailed>(&events[0]);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->error.code, ErrorCode::failed_precondition) << failed->error.message;
  EXPECT_NE(failed->error.message.find("cannot keep it"), std::string::npos) << failed->error.message;
}

}  // namespace
}  // namespace spin::daemon
