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

class KeptArtifactsDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(file_) << "weights";
    auto opened = KeptArtifacts::open(folder_ / "kept", {});
    ASSERT_TRUE(opened.ok());
    kept_ = std::move(*opened);
  }
  [[nodiscard]] bool is_one_file() const {
    return fs::equivalent(file_, kept_->path(kAttempt, ArtifactKind::model));
  }

  TempFolder folder_;
  const fs::path file_ = folder_ / "model.safetensors";
  std::unique_ptr<KeptArtifacts> kept_;
};

TEST_F(KeptArtifactsDisk, AfterAFailedFsyncTheBytesAreWrittenAnew) {
  disk_faults().failing_file_syncs = 2;
  for (int i = 0; i < 2; ++i) {
    const auto failed = kept_->keep(kAttempt, ArtifactKind::model, file_);
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::internal);
  }
  const auto kept = kept_->keep(kAttempt, ArtifactKind::model, file_);
  ASSERT_TRUE(kept.ok()) << kept.error().message;
  EXPECT_EQ(kept->id.digest, sha256("weights"));
  EXPECT_EQ(*read_file(kept_->path(kAttempt, ArtifactKind::model), 100), "weights");
  EXPECT_FALSE(is_one_file()) << "the kernel holds the pages of that one for written";
}

TEST_F(KeptArtifactsDisk, WithoutAFaultNothingIsCopied) {
  ASSERT_TRUE(kept_->keep(kAttempt, ArtifactKind::model, file_).ok());
  EXPECT_TRUE(is_one_file());
}

TEST_F(KeptArtifactsDisk, WhatAFailedFsyncHasLostIsNotKept) {
  disk_faults().failing_file_syncs = 1;
  ASSERT_FALSE(kept_->keep(kAttempt, ArtifactKind::model, file_).ok());
  std::ofstream(file_) << std::string(7, '\0');
  const auto lost = kept_->keep(kAttempt, ArtifactKind::model, file_);
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, ErrorCode::data_loss);
}

TEST(TransfersDisk, AnInputThatFindsNoRoomBesideTheCacheIsGivenUp) {
  Fleet fleet;
  const auto artifact = fleet.coordinator.put_artifact("unshared");
  auto cache = ArtifactCache::open(fleet.folder / "cache", 1000).value();
  auto kept = KeptArtifacts::open(fleet.folder / "kept", {}).value();
  boost::asio::io_context io;
  std::vector<agent::Event> events;
  const auto channel =
      grpc::CreateChannel("unix:" + (fleet.folder / "sock").string(), grpc::InsecureChannelCredentials());
  {
    Transfers transfers(io, channel, *cache, *kept, fleet.folder.path(),
                        [&](agent::Event event) { events.push_back(std::move(event)); });
    disk_faults().is_other_full_disk = true;
    transfers.fetch(kAttempt, InputRole::init, artifact, fleet.folder / "init");
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
