#include "schema/base/percent.h"

#include <gtest/gtest.h>

namespace spin {
namespace {

TEST(Percent, EncodesWhatAUriPathMayNotHold) {
  EXPECT_EQ(percent_encoded("/run/user/7/spin-x_y.z~/s.sock"), "/run/user/7/spin-x_y.z~/s.sock");
  EXPECT_EQ(percent_encoded("/a b#c?d%41"), "/a%20b%23c%3Fd%2541");
  EXPECT_EQ(percent_encoded("jos\303\251\n"), "jos%C3%A9%0A");
  EXPECT_EQ(percent_encoded("[::1]:7", ":[]"), "[::1]:7");
}

TEST(Percent, DecodesWhatItEncodedAndLeavesTheRest) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decoded(percent_encoded(all)), all);
  EXPECT_EQ(percent_decoded("100%"), "100%");
  EXPECT_EQ(percent_decoded("%4"), "%4");
  EXPECT_EQ(percent_decoded("%zz%41"), "%zzA");
}

}  // namespace
}  // namespace spin
