#include <iostream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/property/schedules.h"
#include "tests/property/simulation.h"

namespace spin::core {

Seeds& seeds() {
  static Seeds chosen;
  return chosen;
}

namespace {

constexpr std::uint64_t kShards = 8;
constexpr std::size_t kShownEvents = 60;

Shape short_shape(std::uint64_t seed) {
  return {.steps = 60 + static_cast<int>(seed % 100), .workers = 1 + static_cast<int>(seed / 3 % 3)};
}

/// The last events of the history, which a seed reproduces exactly.
void show_history(std::uint64_t seed, const Shape& shape) {
  std::ostringstream trace;
  Simulation(seed, shape, &trace).run();
  const std::string text = trace.str();
  std::size_t from = text.size();
  for (std::size_t lines = 0; lines <= kShownEvents && from != std::string::npos && from > 0; ++lines)
    from = text.rfind('\n', from - 1);
  std::cerr << "seed " << seed << ": the last events\n"
            << text.substr(from == std::string::npos ? 0 : from + 1);
}

/// property_test --seeds 1 --first SEED shows a failure again.
class ShortHistories : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ShortHistories, KeepEveryPromise) {
  const std::uint64_t first = seeds().first + seeds().count * GetParam() / kShards;
  const std::uint64_t end = seeds().first + seeds().count * (GetParam() + 1) / kShards;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    Simulation(seed, short_shape(seed)).run();
    if (!HasFailure()) continue;
    show_history(seed, short_shape(seed));
    FAIL() << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, ShortHistories, testing::Range<std::uint64_t>(0, kShards));

class LongHistories : public testing::TestWithParam<std::uint64_t> {};

TEST_P(LongHistories, EndWithOneResultForEachJobThatCouldRun) {
  const Shape shape{.steps = 5000, .workers = 4, .window = 24, .plan_jobs = 6};
  Simulation simulation(GetParam(), shape);
  simulation.run();
  if (HasFailure()) return show_history(GetParam(), shape);
  EXPECT_GT(simulation.results(), 5) << "a history in which hardly anything happens shows nothing";
  EXPECT_GT(simulation.lost(), 0);
  EXPECT_GT(simulation.deleted(), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LongHistories, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace spin::core
