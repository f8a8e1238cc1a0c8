#include "server/store/artifacts.h"

#include <csignal>
#include <fstream>
#include <random>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/server/store/fixture.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

std::string random_bytes(std::size_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::int64_t size_of(const std::string& bytes) { return static_cast<std::int64_t>(bytes.size()); }

std::string read_all(const ArtifactStore& store, const ArtifactId& id) {
  const auto file = value_of(store.read(id));
  std::string bytes(1 << 20, '\0');
  const auto count = ::read(file.get(), bytes.data(), bytes.size());
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return bytes;
}

Status send(ArtifactStore::Upload& upload, const std::string& bytes, std::int64_t from = 0,
            std::int64_t chunk = 1000) {
  for (auto offset = from; offset < size_of(bytes); offset += chunk) {
    SPIN_TRY(upload.append(offset, std::string_view(bytes).substr(static_cast<std::size_t>(offset),
                                                                  static_cast<std::size_t>(chunk))));
  }
  return {};
}

class ArtifactsTest : public ::testing::Test {
 protected:
  ArtifactsTest() : store_(value_of(ArtifactStore::open(folder()))) {}
  [[nodiscard]] fs::path folder() const { return temp_ / "artifacts"; }

  TempFolder temp_;
  std::unique_ptr<ArtifactStore> store_;
  const std::string bytes_ = random_bytes(100'500);
  const ArtifactId id_ = artifact_id_of(bytes_);
};

TEST_F(ArtifactsTest, AnUploadAppearsWhenItIsComplete) {
  EXPECT_FALSE(store_->stat(id_).complete);
  EXPECT_EQ(store_->stat(id_).bytes, 0);
  {
    const auto upload = value_of(store_->upload(id_, size_of(bytes_)));
    ASSERT_TRUE(send(*upload, bytes_).ok());
    EXPECT_FALSE(store_->stat(id_).complete);
    EXPECT_EQ(store_->stat(id_).bytes, size_of(bytes_));
    EXPECT_EQ(store_->read(id_).error().code, ErrorCode::not_found);
    ASSERT_TRUE(upload->finish().ok());
  }
  EXPECT_TRUE(store_->stat(id_).complete);
  EXPECT_EQ(store_->stat(id_).bytes, size_of(bytes_));
  EXPECT_EQ(read_all(*store_, id_), bytes_);
  EXPECT_TRUE(fs::exists(folder() / id_.hex().substr(0, 2) / id_.hex()));
  EXPECT_TRUE(fs::is_empty(folder() / "incoming"));
}

TEST_F(ArtifactsTest, AnEmptyArtifactIsOne) {
  const auto id = artifact_id_of("");
  ASSERT_TRUE(value_of(store_->upload(id, 0))->finish().ok());
  EXPECT_TRUE(store_->stat(id).complete);
}

TEST_F(ArtifactsTest, WhoOnlyReadsChangesNothing) {
  ASSERT_TRUE(send(*value_of(store_->upload(id_, size_of(bytes_))), bytes_).ok());
  const auto whole = artifact_id_of("whole");
  ASSERT_TRUE([&] {
    const auto upload = value_of(store_->upload(whole, 5));
    return upload->append(0, "whole").ok() && upload->finish().ok();
  }());
  const auto path = folder() / whole.hex().substr(0, 2) / whole.hex();
  const auto written = fs::last_write_time(path) - std::chrono::hours(48);
  fs::last_write_time(path, written);
  const auto reader = value_of(ArtifactStore::open_to_read(folder()));
  EXPECT_EQ(read_all(*reader, whole), "whole");
  EXPECT_TRUE(reader->stat(whole).complete);
  EXPECT_EQ(fs::last_write_time(path), written);
  EXPECT_EQ(reader->upload(id_, size_of(bytes_)).error().code, ErrorCode::failed_precondition);
  EXPECT_EQ(store_->stat(id_).bytes, size_of(bytes_)) << "the upload may go on";

  const auto none = value_of(ArtifactStore::open_to_read(temp_ / "none"));
  EXPECT_EQ(none->read(whole).error().code, ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(temp_ / "none"));
}

TEST_F(ArtifactsTest, OnlyTheOwnerMayRead) {
  const auto upload = value_of(store_->upload(id_, size_of(bytes_)));
  ASSERT_TRUE(send(*upload, bytes_).ok());
  ASSERT_TRUE(upload->finish().ok());
  for (const auto& entry : fs::recursive_directory_iterator(folder())) {
    struct ::stat file {};
    ASSERT_EQ(::stat(entry.path().c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, entry.is_directory() ? 0700U : 0600U) << entry.path();
  }
}

TEST_F(ArtifactsTest, ACutUploadGoesOnWhereItEnded) {
  {
    const auto upload = value_of(store_->upload(id_, size_of(bytes_)));
    ASSERT_TRUE(upload->append(0, bytes_.substr(0, 70'000)).ok());
  }
  store_ = value_of(ArtifactStore::open(folder()));  // also across a restart
  EXPECT_FALSE(store_->stat(id_).complete);
  ASSERT_EQ(store_->stat(id_).bytes, 70'000);
  const auto upload = value_of(store_->upload(id_, size_of(bytes_)));
  ASSERT_TRUE(send(*upload, bytes_, 70'000).ok());
  ASSERT_TRUE(upload->finish().ok());
  EXPECT_EQ(read_all(*store_, id_), bytes_);
}

TEST_F(ArtifactsTest, AWrongHashThrowsTheBytesAway) {
  auto wrong = bytes_;
  wrong[50'000] = static_cast<char>(wrong[50'000] ^ 1);
  {
    const auto upload = value_of(store_->upload(id_, size_of(bytes_)));
    ASSERT_TRUE(send(*upload, wrong).ok());
    const auto status = upload->finish();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::data_loss);
    EXPECT_NE(status.error().message.find(id_.hex()), std::string::npos);
    EXPECT_NE(status.error().message.find(artifact_id_of(wrong).hex()), std::string::npos);
  }
  EXPECT_FALSE(store_->stat(id_).complete);
  EXPECT_EQ(store_->stat(id_).bytes, 0);
  const auto upload = value_of(store_->upload(id_, size_of(bytes_)));
  ASSERT_TRUE(send(*upload, bytes_).ok());
  EXPECT_TRUE(upload->finish().ok());
}

TEST_F(ArtifactsTest, WhatDoesNotFitTogetherIsRefused) {
  const auto upload = value_of(store_->upload(id_, 2000));
  ASSERT_TRUE(upload->append(0, bytes_.substr(0, 1000)).ok());
  for (const std::int64_t offset : {0, 999, 1001, -1}) {
    const auto status = upload->append(offset, "x");
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(status.error().message.find("1000 is expected"), std::string::npos) << status.error().message;
  }
  EXPECT_EQ(upload->append(1000, bytes_.substr(0, 1001)).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(upload->finish().error().code, ErrorCode::failed_precondition);
  EXPECT_EQ(store_->upload(artifact_id_of("y"), -1).error().code, ErrorCode::invalid_argument);
}

TEST_F(ArtifactsTest, ALeftOverThatIsLongerThanTheArtifactIsThrownAway) {
  ASSERT_TRUE(value_of(store_->upload(id_, size_of(bytes_) + 10))->append(0, bytes_ + "x").ok());
  const auto upload = value_of(store_->upload(id_, size_of(bytes_)));
  ASSERT_TRUE(send(*upload, bytes_).ok());
  EXPECT_TRUE(upload->finish().ok());
}

TEST_F(ArtifactsTest, TwoUploadsOfOneArtifactAtATimeAreRefused) {
  {
    const auto first = value_of(store_->upload(id_, size_of(bytes_)));
    EXPECT_EQ(store_->upload(id_, size_of(bytes_)).error().code, ErrorCode::unavailable);
    const auto other = artifact_id_of("other");
    EXPECT_TRUE(store_->upload(other, 5).ok()) << "another artifact is free";
  }
  EXPECT_TRUE(store_->upload(id_, size_of(bytes_)).ok()) << "the first is gone";
}

TEST_F(ArtifactsTest, ARepeatedUploadOfACompleteArtifactChangesNothing) {
  for (int round = 0; round < 2; ++round) {
    const auto upload = value_of(store_->upload(id_, size_of(bytes_)));
    ASSERT_TRUE(send(*upload, bytes_).ok());
    ASSERT_TRUE(upload->finish().ok());
  }
  EXPECT_EQ(read_all(*store_, id_), bytes_);
}

TEST_F(ArtifactsTest, ForgottenUploadsAreRemovedAtTheStart) {
  ASSERT_TRUE(value_of(store_->upload(id_, size_of(bytes_)))->append(0, "old").ok());
  const auto fresh = artifact_id_of("fresh");
  ASSERT_TRUE(value_of(store_->upload(fresh, 5))->append(0, "fre").ok());
  fs::last_write_time(folder() / "incoming" / id_.hex(),
                      fs::file_time_type::clock::now() - std::chrono::hours(25));
  store_ = value_of(ArtifactStore::open(folder()));
  EXPECT_EQ(store_->stat(id_).bytes, 0);
  EXPECT_EQ(store_->stat(fresh).bytes, 3);
}

TEST_F(ArtifactsTest, MoreThanTheDiskHoldsIsRefusedBeforeAByteIsSent) {
  const auto refused = store_->upload(id_, std::int64_t{1} << 60);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  const auto& message = refused.error().message;
  EXPECT_NE(
      message.find("artifact folder " + folder().string() + " is full: 1152921504606846976 bytes needed"),
      std::string::npos)
      << message;
}

/// Files of this process end at so many bytes while the object lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const struct ::rlimit limited { bytes, before_.rlim_max };
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int) = nullptr;
  struct ::rlimit before_ {};
};

TEST_F(ArtifactsTest, ADiskThatFillsUpKeepsNothingVisibleAndTheUploadGoesOnLater) {
  const auto upload = value_of(store_->upload(id_, size_of(bytes_)));
  {
    const FileSizeLimit limit(40'500);
    const auto status = send(*upload, bytes_);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::resource_exhausted);
    EXPECT_NE(
        status.error().message.find("artifact folder " + folder().string() + " is full: 60500 bytes needed"),
        std::string::npos)
        << status.error().message;
  }
  EXPECT_FALSE(store_->stat(id_).complete);
  ASSERT_EQ(store_->stat(id_).bytes, 40'000) << "half a chunk is cut off again";
  ASSERT_TRUE(send(*upload, bytes_, 40'000).ok());
  ASSERT_TRUE(upload->finish().ok());
  EXPECT_EQ(read_all(*store_, id_), bytes_);
}

TEST_F(ArtifactsTest, AFullFileSystemIsNamed) {
  const auto small = temp_ / "small";
  fs::create_directory(small);
  if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=256k") != 0)
    GTEST_SKIP() << "may not mount a small disk here";
  struct Unmount {
    fs::path path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } const unmount{small};
  const auto store = value_of(ArtifactStore::open(small / "artifacts"));
  const auto upload = value_of(store->upload(id_, size_of(bytes_)));
  std::ofstream(small / "filler", std::ios::binary) << random_bytes(200'000);
  const auto status = send(*upload, bytes_);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::resource_exhausted);
  EXPECT_NE(status.error().message.find((small / "artifacts").string() + " is full"), std::string::npos);
  EXPECT_FALSE(store->stat(id_).complete);
  const auto refused = store->upload(artifact_id_of("z"), 300'000);
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  fs::remove(small / "filler");
  ASSERT_TRUE(send(*upload, bytes_, store->stat(id_).bytes).ok());
  EXPECT_TRUE(upload->finish().ok());
}

TEST_F(ArtifactsTest, NoUploadTakesTheReserveOfItsDisk) {
  const auto capacity = fs::space(folder()).capacity;
  const auto store = value_of(ArtifactStore::open(temp_ / "reserved", capacity));
  const auto refused = store->upload(id_, size_of(bytes_));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  for (const auto& part :
       {std::string("100500 bytes needed, "), std::to_string(capacity) + " bytes stay free"})
    EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
}

TEST_F(ArtifactsTest, AnUploadThatReachesTheReserveOnItsWayGoesOnWhenThereIsRoom) {
  const auto small = temp_ / "small";
  fs::create_directory(small);
  if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "may not mount a small disk here";
  struct Unmount {
    fs::path path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } const unmount{small};
  const auto store = value_of(ArtifactStore::open(small / "artifacts", 512 << 10));
  {
    const auto upload = value_of(store->upload(id_, size_of(bytes_)));
    ASSERT_TRUE(upload->append(0, std::string_view(bytes_).substr(0, 50'000)).ok());
    std::ofstream(small / "filler") << std::string(600'000, 'x');
    const auto refused = upload->append(50'000, std::string_view(bytes_).substr(50'000));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted) << refused.error().message;
  }
  fs::remove(small / "filler");
  const auto upload = value_of(store->upload(id_, size_of(bytes_)));
  ASSERT_TRUE(send(*upload, bytes_, 50'000).ok());
  ASSERT_TRUE(upload->finish().ok());
  EXPECT_EQ(read_all(*store, id_), bytes_);
}

TEST(Artifacts, AFileInPlaceOfTheFolderIsRefused) {
  const TempFolder folder;
  std::ofstream(folder / "file") << "x";
  const auto refused = ArtifactStore::open(folder / "file");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("is not a folder"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace spin
