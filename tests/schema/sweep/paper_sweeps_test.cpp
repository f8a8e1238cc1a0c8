#include <algorithm>
#include <cmath>
#include <sstream>

#include "tests/schema/sweep/sweep_text.h"
#include "tests/support/paper_row.h"
#include "tests/support/paper_sweep.h"

// deploy/sweeps/paper: every file is the table that it is named for, row by row, and what its head says about
// a small run works.

namespace spin {
namespace {

/// Three rows of Table 2 are 0.5 % off by every rule.
bool is_printed_as(double value, const PrintedNumber& printed, const PublishedRow& row) {
  const double tolerance = row.transform_group.value_or(1) > 1 ? 0.005 * printed.value : printed.unit();
  return std::abs(value - printed.value) < tolerance;
}

std::string described(const PublishedRow& row) {
  std::ostringstream text;
  text << "table " << row.table << ": " << row.network << ' ' << row.channels << '/' << row.depth << ' '
       << row.distribution << ' ' << row.mapping << ' ' << row.share_rate << ' ' << row.fusion << ' '
       << row.init << ' ' << row.params_m.text << " M";
  return text.str();
}

/// Gives each row a job of its own, and returns the jobs that are left.
std::vector<PlannedJob> match(const SweepPlan& plan, const std::vector<PublishedRow>& rows) {
  auto left = plan.jobs;
  for (const auto& row : rows) {
    const auto found =
        std::find_if(left.begin(), left.end(), [&](const auto& job) { return is_row(train_of(job), row); });
    if (found == left.end()) {
      ADD_FAILURE() << "no job for " << described(row);
      continue;
    }
    const auto& cost = plan.cells[static_cast<std::size_t>(found->cell)].cost;
    EXPECT_TRUE(is_printed_as(static_cast<double>(cost.params) / 1e6, row.params_m, row))
        << described(row) << ", counted " << cost.params;
    EXPECT_TRUE(is_printed_as(static_cast<double>(cost.flops) / 1e9, row.flops_g, row))
        << described(row) << ", counted " << cost.flops;
    left.erase(found);
  }
  return left;
}

struct PaperSweep {
  const char* name;
  std::vector<PublishedRow> rows;
  std::size_t pretraining;  ///< jobs that fusion starts from and the table does not list
};

/// The only row of a table with these channels, depth and rate, and the first of several.
PublishedRow row_with(int table, int channels, int depth, int rate) {
  for (const auto& row : published_rows())
    if (row.table == table && row.channels == channels && row.depth == depth && row.share_rate == rate)
      return row;
  ADD_FAILURE() << "no such row";
  return {};
}

std::vector<PaperSweep> paper_sweeps() {
  return {
      {"table-1", published_rows(1), 0},
      {"table-2", published_rows(2), 0},
      {"table-3", published_rows(3), 1},
      {"table-4", published_rows(4), 1},
      {"table-5", published_rows(5), 0},
      {"table-6", published_rows(6), 0},
      {"table-7",
       {row_with(1, 768, 32, 1), row_with(4, 768, 32, 2), row_with(5, 1536, 20, 1), row_with(5, 1536, 20, 2),
        row_with(6, 384, 18, 1), row_with(6, 384, 18, 2), row_with(6, 384, 18, 4)},
       0},
      {"table-8", published_rows(8), 0},
      {"table-9", published_rows(9), 0},
      {"table-10", published_rows(10), 0}};
}

TEST(PaperSweeps, AreTheTables) {
  for (const auto& sweep : paper_sweeps()) {
    SCOPED_TRACE(sweep.name);
    const auto plan = good_plan(paper_sweep_text(sweep.name));
    EXPECT_EQ(plan.name, std::string("paper-") + sweep.name);
    const auto left = match(plan, sweep.rows);
    EXPECT_EQ(left.size(), sweep.pretraining);
    for (const auto& job : left) {
      EXPECT_TRUE(train_of(job).topology.is_unshared()) << plan.name_of(job);
      EXPECT_TRUE(std::any_of(plan.jobs.begin(), plan.jobs.end(), [&](const auto& other) {
        return std::ranges::count(other.inputs, job.id, &JobInput::job) > 0;
      })) << plan.name_of(job);
    }
  }
}

TEST(PaperSweeps, Figure6IsTwoNetworksAtEveryNoise) {
  const auto plan = good_plan(paper_sweep_text("figure-6"));
  ASSERT_EQ(plan.jobs.size(), 10U);
  for (const double noise : {0.0, 0.2, 0.4, 0.6, 0.8}) {
    auto at_noise = plan;
    std::erase_if(at_noise.jobs,
                  [&](const auto& job) { return train_of(job).training.label_noise != noise; });
    EXPECT_TRUE(match(at_noise, {row_with(1, 768, 32, 1), row_with(4, 768, 32, 2)}).empty()) << noise;
  }
}

TEST(PaperSweeps, TrainAsAppendixCAndWhatItsSourcesReleasedSay) {
  for (const auto& sweep : paper_sweeps()) {
    const auto plan = good_plan(paper_sweep_text(sweep.name));
    for (const auto& job : plan.jobs) {
      SCOPED_TRACE(sweep.name + (": " + plan.name_of(job)));
      const auto& config = train_of(job);
      const auto& training = config.training;
      EXPECT_EQ(config.dataset.name, "imagenet");
      EXPECT_EQ(training.optimizer, Optimizer::adamw);
      EXPECT_TRUE(training.randaugment && training.mixup > 0 && training.cutmix > 0);
      EXPECT_EQ(training.randaugment, (RandAugment{2, 9, 0.5, true}));
      EXPECT_EQ(training.random_erasing, 0.25);
      EXPECT_EQ(training.random_erasing_mode, Erase::pixel);
      const auto family = config.network.family;
      EXPECT_EQ(training.stochastic_depth, family == Family::convmixer ? 0 : 0.1);
      EXPECT_EQ(training.repeated_augmentation, family == Family::deit ? 3 : 1);
      EXPECT_EQ(training.eps, family == Family::convmixer ? 1e-3 : 1e-8);
      EXPECT_EQ(training.label_smoothing, 0.1);
      EXPECT_EQ(training.crop, Crop::random_resized);
      EXPECT_EQ(training.epochs, config.network.channels == 1536 ? 150 : 300);
      if (family != Family::convmixer) continue;
      EXPECT_EQ(training.batch_size, 256);
      EXPECT_EQ(training.lr, 0.01);
      EXPECT_EQ(training.weight_decay, 2e-5);
      EXPECT_EQ(training.schedule, Schedule::one_cycle_linear);
      EXPECT_EQ(training.clip_grad_norm, 1);
      EXPECT_TRUE(config.network.pointwise_residual);
      EXPECT_EQ(config.network.activation, Activation::relu);
    }
  }
}

TEST(PaperSweeps, RunSmallAsTheirHeadsSay) {
  auto sweeps = paper_sweeps();
  sweeps.push_back({"figure-6", {}, 0});
  for (const auto& sweep : sweeps) {
    SCOPED_TRACE(sweep.name);
    const auto text = paper_sweep_text(sweep.name);
    EXPECT_NE(text.find("spinctl run deploy/sweeps/paper/" + std::string(sweep.name) + ".yaml \\\n"),
              std::string::npos);
    const auto sets = small_run_sets(text);
    ASSERT_GE(sets.size(), 5U);
    const auto plan = good_plan(text, sets);
    EXPECT_GT(plan.jobs.size(), 1U);
    for (const auto& job : plan.jobs) {
      EXPECT_EQ(train_of(job).dataset.name, "fashion-mnist");
      EXPECT_EQ(train_of(job).training.epochs, 3);
      EXPECT_LT(plan.cells[static_cast<std::size_t>(job.cell)].cost.flops, 100'000'000) << plan.name_of(job);
    }
  }
}

}  // namespace
}  // namespace spin
