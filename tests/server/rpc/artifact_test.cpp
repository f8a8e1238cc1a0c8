#include <string>

#include <gtest/gtest.h>

#include "proto/wire/fleet.h"
#include "schema/base/sha256.h"
#include "server/rpc/artifact_transfer.h"
#include "tests/server/rpc/fixture.h"

namespace spin {
namespace {

constexpr std::size_t kChunk = kArtifactChunkBytes;

std::string some_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i * 31 + i / 251);
  return bytes;
}

class Artifacts : public RpcTest {
 protected:
  /// Sends `bytes` from `offset` to `end` as an upload of `whole` bytes named `sha`.
  grpc::Status upload(const std::string& sha, const std::string& bytes, std::size_t offset, std::size_t end,
                      bool vanish = false) {
    grpc::ClientContext context;
    set_deadline(context);
    v1::UploadArtifactResponse response;
    const auto writer = fleet_->UploadArtifact(&context, &response);
    v1::UploadArtifactRequest message;
    message.set_sha256(sha);
    message.set_bytes(static_cast<std::int64_t>(bytes.size()));
    bool open = writer->Write(message);
    for (; open && offset < end; offset += kChunk) {
      v1::UploadArtifactRequest next;
      next.mutable_chunk()->set_offset(static_cast<std::int64_t>(offset));
      next.mutable_chunk()->set_data(bytes.substr(offset, std::min(kChunk, end - offset)));
      open = writer->Write(next);
    }
    if (vanish) {
      // The server must have taken the chunks before the call is broken off.
      EXPECT_TRUE(eventually(std::chrono::seconds(30),
                             [&] { return stat(sha).bytes() == static_cast<std::int64_t>(end); }));
      context.TryCancel();
    } else {
      writer->WritesDone();
    }
    return writer->Finish();
  }

  grpc::Status upload_all(const std::string& bytes) {
    return upload(wire::digest_to_wire(sha256(bytes)), bytes, 0, bytes.size());
  }

  v1::StatArtifactResponse stat(const std::string& sha) {
    grpc::ClientContext context;
    set_deadline(context);
    v1::StatArtifactRequest request;
    request.set_sha256(sha);
    v1::StatArtifactResponse response;
    EXPECT_TRUE(fleet_->StatArtifact(&context, request, &response).ok());
    return response;
  }

  grpc::Status download(const std::string& sha, std::int64_t offset, std::string* bytes) {
    return download_from(*fleet_, sha, offset, bytes);
  }
  template <class Stub>
  grpc::Status download_from(Stub& stub, const std::string& sha, std::int64_t offset, std::string* bytes) {
    grpc::ClientContext context;
    set_deadline(context);
    v1::DownloadArtifactRequest request;
    request.set_sha256(sha);
    request.set_offset(offset);
    const auto reader = stub.DownloadArtifact(&context, request);
    v1::ArtifactChunk chunk;
    while (reader->Read(&chunk)) {
      EXPECT_EQ(chunk.offset(), offset + static_cast<std::int64_t>(bytes->size()));
      EXPECT_LE(chunk.data().size(), kChunk);
      *bytes += chunk.data();
    }
    return reader->Finish();
  }
};

TEST_F(Artifacts, WhatIsUploadedComesBack) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kChunk, 3 * kChunk + 17}) {
    const std::string bytes = some_bytes(size);
    const std::string sha = wire::digest_to_wire(sha256(bytes));
    EXPECT_FALSE(stat(sha).complete());
    const auto status = upload_all(bytes);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(stat(sha).complete());
    EXPECT_EQ(stat(sha).bytes(), static_cast<std::int64_t>(size));
    std::string back;
    ASSERT_TRUE(download(sha, 0, &back).ok());
    EXPECT_EQ(back, bytes);
    std::string for_people;
    ASSERT_TRUE(download_from(*control_, sha, 0, &for_people).ok());
    EXPECT_EQ(for_people, bytes);
  }
}

TEST_F(Artifacts, PeopleAreToldWhatIsNotThere) {
  std::string back;
  const auto status = download_from(*control_, wire::digest_to_wire(sha256("nothing")), 0, &back);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_NE(status.error_message().find(to_hex(sha256("nothing"))), std::string::npos);
  EXPECT_EQ(download_from(*control_, "short", 0, &back).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Artifacts, ABrokenUploadGoesOnWhereItEnded) {
  const std::string bytes = some_bytes(4 * kChunk + 5);
  const std::string sha = wire::digest_to_wire(sha256(bytes));
  EXPECT_FALSE(upload(sha, bytes, 0, 2 * kChunk, true).ok());
  const auto left = stat(sha);
  EXPECT_FALSE(left.complete());
  ASSERT_EQ(left.bytes(), static_cast<std::int64_t>(2 * kChunk));
  grpc::Status status;
  // The server may still be ending the broken call.
  ASSERT_TRUE(eventually(std::chrono::seconds(30), [&] {
    status = upload(sha, bytes, 2 * kChunk, bytes.size());
    return status.error_code() != grpc::StatusCode::UNAVAILABLE;
  }));
  ASSERT_TRUE(status.ok()) << status.error_message();
  std::string back;
  ASSERT_TRUE(download(sha, 0, &back).ok());
  EXPECT_EQ(back, bytes);
}

TEST_F(Artifacts, ABrokenDownloadGoesOnWhereItEnded) {
  const std::string bytes = some_bytes(2 * kChunk + 5);
  ASSERT_TRUE(upload_all(bytes).ok());
  const std::string sha = wire::digest_to_wire(sha256(bytes));
  std::string back;
  ASSERT_TRUE(download(sha, static_cast<std::int64_t>(kChunk) + 3, &back).ok());
  EXPECT_EQ(back, bytes.substr(kChunk + 3));
  back.clear();
  ASSERT_TRUE(download(sha, static_cast<std::int64_t>(bytes.size()), &back).ok());
  EXPECT_EQ(back, "");
}

TEST_F(Artifacts, BytesOfAnotherHashAreThrownAway) {
  const std::string bytes = some_bytes(kChunk + 1);
  const std::string sha = wire::digest_to_wire(sha256("something else"));
  const auto status = upload(sha, bytes, 0, bytes.size());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_FALSE(stat(sha).complete());
  EXPECT_EQ(stat(sha).bytes(), 0);
  std::string back;
  EXPECT_EQ(download(sha, 0, &back).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(Artifacts, AnUploadThatEndsEarlyIsNotVisible) {
  const std::string bytes = some_bytes(2 * kChunk);
  const std::string sha = wire::digest_to_wire(sha256(bytes));
  EXPECT_FALSE(upload(sha, bytes, 0, kChunk).ok());
  EXPECT_FALSE(stat(sha).complete());
}

TEST_F(Artifacts, ARepeatedUploadIsAccepted) {
  const std::string bytes = some_bytes(2 * kChunk);
  ASSERT_TRUE(upload_all(bytes).ok());
  const auto again = upload_all(bytes);
  EXPECT_TRUE(again.ok()) << again.error_message();
}

TEST_F(Artifacts, WhoIsRefusedMayUploadAtOnce) {
  for (int i = 0; i < 50; ++i) {
    const std::string bytes = "artifact " + std::to_string(i);
    const std::string sha = wire::digest_to_wire(sha256(bytes));
    ASSERT_EQ(upload(sha, bytes, 5, 10).error_code(), grpc::StatusCode::INVALID_ARGUMENT) << "a gap";
    const auto again = upload_all(bytes);
    ASSERT_TRUE(again.ok()) << again.error_message();
  }
}

TEST_F(Artifacts, WhatCannotBeIsRefused) {
  const std::string bytes = some_bytes(10);
  const std::string sha = wire::digest_to_wire(sha256(bytes));
  EXPECT_EQ(upload("short", bytes, 0, 10).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(upload(sha, bytes, 5, 10).error_code(), grpc::StatusCode::INVALID_ARGUMENT) << "a gap";
  ASSERT_TRUE(upload_all(bytes).ok());
  std::string back;
  EXPECT_EQ(download(sha, 11, &back).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(download(sha, -1, &back).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(download("short", 0, &back).error_code(), grpc::StatusCode::INVALID_ARGUMENT);

  grpc::ClientContext context;
  set_deadline(context);
  v1::UploadArtifactResponse response;
  const auto writer = fleet_->UploadArtifact(&context, &response);
  const std::string large = some_bytes(kChunk + 1);
  v1::UploadArtifactRequest message;
  message.set_sha256(wire::digest_to_wire(sha256(large)));
  message.set_bytes(static_cast<std::int64_t>(large.size()));
  message.mutable_chunk()->set_data(large);
  writer->Write(message);
  writer->WritesDone();
  const auto status = writer->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("262144"), std::string::npos) << status.error_message();
}

}  // namespace
}  // namespace spin
