#include "proto/wire/upkeep.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/proto/coverage.h"

namespace spin {
namespace {

TEST(WireUpkeep, EveryValueOfAQueryComesBackWithItsType) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  const QueryRow row{std::monostate{}, std::int64_t{0}, kLeast,           0.0, -0.125, std::string(),
                     std::string("ü"), QueryBlob{},     QueryBlob{"00ff"}};
  v1::QueryRow message;
  wire::to_wire(row, &message);
  v1::QueryRow read;
  ASSERT_TRUE(read.ParseFromString(message.SerializeAsString()));
  EXPECT_EQ(wire::from_wire(read), row);
  EXPECT_EQ(message.values(8).blob(), std::string("\0\xff", 2));
}

TEST(WireUpkeep, TextThatIsNotUtf8DoesNotTakeTheMessageDown) {
  v1::QueryRow message;
  wire::to_wire(QueryRow{std::string("\xff")}, &message);
  v1::QueryRow read;
  EXPECT_TRUE(read.ParseFromString(message.SerializeAsString()));
}

TEST(WireUpkeep, ChecksComeBackWithTheirState) {
  for (const auto state : {CheckState::ok, CheckState::warning, CheckState::failed}) {
    v1::CheckRow message;
    wire::to_wire(CheckRow{.name = "disk", .state = state, .found = "1 GiB free", .advice = "make room"},
                  &message);
    EXPECT_EQ(unset_fields(message), std::vector<std::string>{});
    const auto back = wire::from_wire(message);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->name, "disk");
    EXPECT_EQ(back->state, state);
    EXPECT_EQ(back->found, "1 GiB free");
    EXPECT_EQ(back->advice, "make room");
  }
  v1::CheckRow unknown;
  unknown.set_state("fine");
  const auto refused = wire::from_wire(unknown);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("'fine'"), std::string::npos);
}

TEST(WireUpkeep, ProgressOfABackupComesBack) {
  v1::BackupProgress message;
  wire::to_wire(
      BackupProgress{.done_bytes = 1, .total_bytes = 2, .complete = true, .path = "/backups/spin.db"},
      &message);
  EXPECT_EQ(unset_fields(message), std::vector<std::string>{});
  const auto back = wire::from_wire(message);
  EXPECT_EQ(back.done_bytes, 1);
  EXPECT_EQ(back.total_bytes, 2);
  EXPECT_TRUE(back.complete);
  EXPECT_EQ(back.path, "/backups/spin.db");
}

}  // namespace
}  // namespace spin
