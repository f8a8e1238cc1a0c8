#include "schema/base/splitmix.h"

#include <gtest/gtest.h>

namespace spin {
namespace {

// Java's SplittableRandom(1234567) gives the same: the values that
// rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64 publishes.
TEST(SplitMix, GivesThePublishedNumbers) {
  std::uint64_t state = 1234567;
  for (const std::uint64_t number : {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                     4593380528125082431U, 16408922859458223821U})
    EXPECT_EQ(splitmix64(state), number);
}

}  // namespace
}  // namespace spin
