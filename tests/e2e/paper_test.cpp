#include <cmath>

#include <gtest/gtest.h>

#include "tests/e2e/cluster.h"
#include "tests/support/paper_sweep.h"
#include "tests/support/places.h"

// Every sweep of the paper trains to the end: the small run that its head describes, on few images for one
// epoch. So does the one of a family that the paper has not.

namespace spin {
namespace {

void expect_trains_to_the_end(const std::string& sweep, std::vector<std::string> sets) {
  const auto mark = unique_mark();
  std::vector<std::string> command{program("spinctl"), "run", sweep};
  sets.insert(sets.end(), {"dataset.train_limit=256", "dataset.eval_limit=100", "training.epochs=1"});
  for (const auto& set : sets) command.insert(command.end(), {"--set", set});
  command.insert(command.end(), {"--format", "json"});

  const auto finished = run_command(command, mark, std::chrono::seconds(280));
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  const auto rows = nlohmann::json::parse(finished.output);
  ASSERT_FALSE(rows.empty());
  for (const auto& row : rows) {
    EXPECT_EQ(row.at("finished"), row.at("seeds")) << row.dump();
    const bool may_diverge = row.at("fusion") == "pointwise_convolution";
    if (row.at("diverged") != 0) {
      EXPECT_TRUE(may_diverge) << row.dump();
      continue;
    }
    EXPECT_TRUE(row.at("top1_mean").is_number()) << row.dump();
  }
}

class PaperSweep : public testing::TestWithParam<const char*> {};

TEST_P(PaperSweep, TrainsToTheEnd) {
  const auto sets = small_run_sets(paper_sweep_text(GetParam()));
  ASSERT_FALSE(sets.empty());
  expect_trains_to_the_end(paper_sweep_path(GetParam()), sets);
}

TEST(MlpMixerSweep, TrainsToTheEnd) {
  expect_trains_to_the_end(source_file("deploy/sweeps/mlp-mixer.yaml"), {"network.depth=4"});
}

INSTANTIATE_TEST_SUITE_P(All, PaperSweep,
                         testing::Values("table-1", "table-2", "table-3", "table-4", "table-5", "table-6",
                                         "table-7", "table-8", "table-9", "table-10", "figure-6"),
                         [](const auto& test) {
                           std::string name = test.param;
                           name[name.find('-')] = '_';
                           return name;
                         });

}  // namespace
}  // namespace spin
