#include "server/app/plan_parts.h"

#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/app/number_list.h"

namespace spin {
namespace {

/// 12,000 cells that share, and the unshared network of each behind all of them.
SweepFile many_comparisons() {
  SweepFile source;
  source.file = "sweep.yaml";
  source.text =
      "version: 1\nname: wide\ndataset: mnist\n"
      "network: {family: convmixer, channels: 8, depth: 4, patch: 4, kernel: 3}\n"
      "sharing: {rate: 2}\n"
      "training: {epochs: 1}\n"
      "axes:\n  sharing.mapping: [sequential, none]\n  training.lr: " +
      number_list(120, ".0e-4") + "\n  training.weight_decay: " + number_list(100, ".0e-5") + "\n";
  return source;
}

TEST(PlanParts, ComparisonsGoAheadOfTheLastJobsSoManyAtATime) {
  const SweepFile source = many_comparisons();
  const auto whole = plan_sweep(source.file, source.text, {});
  ASSERT_TRUE(whole.ok()) << whole.error().message;
  const auto start = plan_start(source, [](std::int64_t) { return true; });
  ASSERT_TRUE(start.ok()) << start.error().message;
  ASSERT_EQ(start->full_plan.jobs, std::ssize(whole->jobs));

  std::map<int, int> unshared;  // by cell
  std::int64_t jobs = 0;
  int cells = 0, parts_of_comparisons = 0;
  const auto look = [&](const PlanPart& part) {
    EXPECT_EQ(part.first_job, jobs);
    EXPECT_LE(part.jobs.size(), kPartJobs);
    EXPECT_LE(part.comparisons.size(), kPartComparisons);
    for (std::size_t i = 0; i < part.jobs.size(); ++i) {
      const auto& planned = whole->jobs[static_cast<std::size_t>(part.first_job) + i];
      ASSERT_EQ(part.config_of(part.jobs[i]), ConfigText().of(planned.task));
    }
    EXPECT_LE(part.texts.size(), part.jobs.size() + 3 * 6) << "what jobs in a row have in common stands once";
    jobs += std::ssize(part.jobs);
    if (part.jobs.empty())
      ++parts_of_comparisons;
    else
      cells = part.first_cell + static_cast<int>(part.cells.size());
    for (std::size_t i = 0; i < part.cells.size(); ++i)
      if (part.cells[i].unshared_cell >= 0)
        unshared[part.first_cell + static_cast<int>(i)] = part.cells[i].unshared_cell;
    for (const Comparison& comparison : part.comparisons) {
      EXPECT_LT(comparison.cell, cells) << "a cell that is not stored yet";
      unshared[comparison.cell] = comparison.unshared_cell;
    }
  };
  look(*start->first);
  const Status rest = plan_rest(
      source, jobs, [] { return true; },
      [&](PlanPart part) {
        look(part);
        return Status();
      });
  ASSERT_TRUE(rest.ok()) << rest.error().message;
  EXPECT_EQ(jobs, std::ssize(whole->jobs));
  EXPECT_GE(parts_of_comparisons, 2);
  for (std::size_t cell = 0; cell < whole->cells.size(); ++cell) {
    const auto found = unshared.find(static_cast<int>(cell));
    ASSERT_EQ(found == unshared.end() ? -1 : found->second, whole->cells[cell].unshared_cell) << cell;
  }
}

}  // namespace
}  // namespace spin
