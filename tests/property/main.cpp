#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/property/schedules.h"

// property_test [--seeds N] [--first S]: as many short histories as one likes; without arguments everything.
// The environment's SPIN_TEST_SEEDS is another way to say N.

namespace {

bool parse(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

int complain(const char* what) {
  std::fprintf(stderr, "property_test: %s\nusage: property_test [--seeds N] [--first S]\n", what);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  auto& seeds = spin::core::seeds();
  if (const char* given = std::getenv("SPIN_TEST_SEEDS"); given != nullptr && !parse(given, seeds.count))
    return complain("SPIN_TEST_SEEDS is no whole number");
  for (int i = 1; i < argc; i += 2) {
    const bool is_count = std::strcmp(argv[i], "--seeds") == 0;
    if (!is_count && std::strcmp(argv[i], "--first") != 0) return complain("unknown argument");
    if (i + 1 == argc || !parse(argv[i + 1], is_count ? seeds.count : seeds.first))
      return complain("a whole number is missing");
    GTEST_FLAG_SET(filter, "*ShortHistories*");
  }
  return RUN_ALL_TESTS();
}
