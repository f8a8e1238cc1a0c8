#include "server/app/query_slots.h"

#include <optional>
#include <thread>

#include <gtest/gtest.h>

namespace spin {
namespace {

using std::chrono::milliseconds;

const std::function<bool()> kGoOn = [] { return true; };

TEST(QuerySlots, TheOneTooManyIsRefusedAndTheNextIsTaken) {
  QuerySlots slots(2, milliseconds(1));
  auto first = slots.take(kGoOn);
  const auto second = slots.take(kGoOn);
  ASSERT_TRUE(first.ok() && second.ok());
  const auto third = slots.take(kGoOn);
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code, ErrorCode::resource_exhausted);
  EXPECT_NE(third.error().message.find("2 queries run already"), std::string::npos) << third.error().message;
  { const QuerySlots::Claim ended = *std::move(first); }
  EXPECT_TRUE(slots.take(kGoOn).ok());
}

TEST(QuerySlots, WhoWaitsGetsTheSlotThatBecomesFree) {
  QuerySlots slots(1, std::chrono::minutes(5));
  std::optional<QuerySlots::Claim> only(*slots.take(kGoOn));
  bool taken = false;
  std::thread waiting([&] { taken = slots.take(kGoOn).ok(); });
  only.reset();
  waiting.join();
  EXPECT_TRUE(taken);
}

TEST(QuerySlots, WhoIsGoneWaitsNoLonger) {
  QuerySlots slots(1, std::chrono::minutes(5));
  const auto only = slots.take(kGoOn);
  const auto gone = slots.take([] { return false; });
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace spin
