#include "client/render/numbers.h"

#include <limits>

#include <gtest/gtest.h>

namespace spin::render {
namespace {

TEST(Numbers, QuantitiesCarryUnits) {
  EXPECT_EQ(quantity(0), "0");
  EXPECT_EQ(quantity(999), "999");
  EXPECT_EQ(quantity(1000), "1.0 k");
  EXPECT_EQ(quantity(52'100), "52.1 k");
  EXPECT_EQ(quantity(11'030'000), "11.03 M");
  EXPECT_EQ(quantity(5'030'000'000), "5.03 G");
  EXPECT_EQ(quantity(1.5e12), "1.50 T");
}

TEST(Numbers, QuantitiesNeverRoundToAThousandOfAUnit) {
  EXPECT_EQ(quantity(999.4), "999");
  EXPECT_EQ(quantity(999.6), "1.0 k");
  EXPECT_EQ(quantity(999'940), "999.9 k");
  EXPECT_EQ(quantity(999'960), "1.00 M");
  EXPECT_EQ(quantity(999'996'000), "1.00 G");
}

TEST(Numbers, ByteSizes) {
  EXPECT_EQ(byte_size(512), "512 B");
  EXPECT_EQ(byte_size(1536), "1.5 KiB");
  EXPECT_EQ(byte_size(std::int64_t{20} << 30), "20.0 GiB");
  EXPECT_EQ(byte_size((1 << 20) - 1), "1.0 MiB");
}

TEST(Numbers, SharesAndDifferences) {
  EXPECT_EQ(share(0.4214), "42.1 %");
  EXPECT_EQ(share(1), "100.0 %");
  EXPECT_EQ(difference(1.234), "+1.23");
  EXPECT_EQ(difference(-0.4), "-0.40");
  EXPECT_EQ(difference(-0.001), "0.00");
  EXPECT_EQ(mean_and_deviation(89.123, 0.214), "89.12 ± 0.21");
  EXPECT_EQ(mean_and_deviation(89.123, std::nullopt), "89.12");
}

TEST(Numbers, Durations) {
  EXPECT_EQ(duration(0.42), "0.4s");
  EXPECT_EQ(duration(9.96), "10s");
  EXPECT_EQ(duration(59.6), "1m 00s");
  EXPECT_EQ(duration(72), "1m 12s");
  EXPECT_EQ(duration(3599.7), "1h 00m");
  EXPECT_EQ(duration(7380), "2h 03m");
  EXPECT_EQ(duration(273'600), "3d 04h");
  EXPECT_EQ(duration(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(duration(-1), "?");
}

TEST(Numbers, Ages) {
  EXPECT_EQ(age(100'000, 112'900), "12s ago");
  EXPECT_EQ(age(100'000, 103'999), "3s ago");
  EXPECT_EQ(age(100'000, 172'000), "1m 12s ago");
  EXPECT_EQ(age(100'000, 100'500), "now");
  EXPECT_EQ(age(100'000, 90'000), "now");
}

}  // namespace
}  // namespace spin::render
