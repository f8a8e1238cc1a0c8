#include "schema/base/hex.h"

#include <gtest/gtest.h>

namespace spin {
namespace {

TEST(Hex, BytesComeBackAsTheyWere) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  const auto text = to_hex(bytes);
  EXPECT_EQ(text.substr(0, 8), "00010203");
  EXPECT_EQ(text.substr(508), "feff");
  EXPECT_EQ(from_hex(text), bytes);
  EXPECT_EQ(from_hex("fF0A"), std::string("\xff\n"));
  EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, WhatIsNoPairOfDigitsIsRefused) {
  for (const char* text : {"0", "012", "0g", "-1", "+1", " 1", "1 ", "0x"})
    EXPECT_FALSE(from_hex(text)) << text;
  EXPECT_TRUE(is_hex("09afAF"));
  EXPECT_FALSE(is_hex("09ag"));
}

TEST(Hex, NumbersHaveAsManyDigitsAsIsAsked) {
  EXPECT_EQ(hex_digits(0x1b, 2), "1b");
  EXPECT_EQ(hex_digits(0x1b, 4, HexCase::upper), "001B");
  EXPECT_EQ(hex_digits(0x12345, 4), "2345");
  EXPECT_EQ(hex_digits(~std::uint64_t{0}, 16), "ffffffffffffffff");
}

}  // namespace
}  // namespace spin
