#include "proto/wire/error.h"

#include <gtest/gtest.h>

#include "proto/wire/text.h"

namespace spin {
namespace {

TEST(WireError, EveryCodeComesBackWithItsMessage) {
  for (const auto code :
       {ErrorCode::invalid_argument, ErrorCode::not_found, ErrorCode::already_exists,
        ErrorCode::failed_precondition, ErrorCode::unsupported, ErrorCode::resource_exhausted,
        ErrorCode::unavailable, ErrorCode::data_loss, ErrorCode::internal, ErrorCode::refused}) {
    const grpc::Status status = wire::to_grpc(Error{code, "why"});
    EXPECT_FALSE(status.ok());
    const Error back = wire::from_grpc(status);
    EXPECT_EQ(back.code, code);
    EXPECT_EQ(back.message, "why");
  }
}

TEST(WireError, WhatARetryMayHealIsUnavailable) {
  EXPECT_EQ(wire::from_grpc({grpc::StatusCode::DEADLINE_EXCEEDED, ""}).code, ErrorCode::unavailable);
  EXPECT_EQ(wire::from_grpc({grpc::StatusCode::UNAVAILABLE, ""}).code, ErrorCode::unavailable);
  EXPECT_EQ(wire::from_grpc({grpc::StatusCode::UNAUTHENTICATED, ""}).code, ErrorCode::refused);
  EXPECT_EQ(wire::from_grpc({grpc::StatusCode::UNKNOWN, ""}).code, ErrorCode::internal);
}

TEST(WireError, ALongMessageIsCutBetweenCharacters) {
  std::string message(1996, 'a');
  for (int i = 0; i < 100; ++i) message += "\xC3\xBC";
  const grpc::Status status = wire::to_grpc(Error{ErrorCode::invalid_argument, message});
  EXPECT_LE(status.error_message().size(), 2000U);
  EXPECT_EQ(wire::valid_utf8(status.error_message()), status.error_message());
  EXPECT_TRUE(status.error_message().ends_with("a..."));
}

TEST(ValidUtf8, KeepsWhatIsValid) {
  for (const std::string text :
       {"", "plain", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(wire::valid_utf8(text), text);
}

TEST(ValidUtf8, ReplacesWhatIsNot) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(wire::valid_utf8("a\x80z"), "a" + mark + "z");
  EXPECT_EQ(wire::valid_utf8("\xC0\xAF"), mark + mark) << "overlong slash";
  EXPECT_EQ(wire::valid_utf8("\xED\xA0\x80"), mark + mark + mark) << "surrogate";
  EXPECT_EQ(wire::valid_utf8("\xF4\x90\x80\x80"), mark + mark + mark + mark) << "above U+10FFFF";
  EXPECT_EQ(wire::valid_utf8("end\xE2\x82"), "end" + mark + mark) << "cut off";
}

}  // namespace
}  // namespace spin
