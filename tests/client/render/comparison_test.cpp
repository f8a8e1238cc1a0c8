#include "client/render/comparison.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spin::render {
namespace {

using std::nullopt;

constexpr const char* kAbsent = "not in any sweep";

OwnCell done(double top1) {
  OwnCell own;
  own.sweep = "paper-table-4";
  own.sweep_id = 7;
  own.cell = 2;
  own.state = "completed";
  own.params = 11'028'712;
  own.flops = 5'030'393'856;
  own.seeds = own.finished = 1;
  own.top1_mean = top1;
  return own;
}

OwnCell diverged() {
  auto own = done(0);
  own.top1_mean = nullopt;
  own.diverged = 1;
  own.state = "diverged";
  return own;
}

/// The first rows of Table 1, with these cells.
std::vector<ComparedRow> table_1(const std::vector<std::optional<OwnCell>>& cells) {
  std::vector<ComparedRow> rows;
  for (const auto& cell : cells) rows.push_back({published_rows(1).at(rows.size()), cell, {}, {}});
  count_pairs(rows);
  return rows;
}

std::vector<std::pair<int, int>> pairs_of(const std::vector<ComparedRow>& rows) {
  std::vector<std::pair<int, int>> pairs;
  for (const auto& row : rows) pairs.emplace_back(row.pairs.kept, row.pairs.all);
  return pairs;
}

std::string text_of(const std::vector<ComparedRow>& rows, Format format = Format::table) {
  std::ostringstream out;
  write_table(out, comparison_table(rows, kAbsent), format, {});
  return out.str();
}

nlohmann::json json_of(const std::vector<ComparedRow>& rows) {
  return nlohmann::json::parse(text_of(rows, Format::json));
}

// The paper has 75.71, 73.29, 72.80, diverged, 73.14.
TEST(Order, IsCountedByPairs) {
  const auto as_published = table_1({done(75), done(73), done(71), diverged(), done(72)});
  EXPECT_EQ(pairs_of(as_published),
            (std::vector<std::pair<int, int>>{{3, 3}, {3, 3}, {3, 3}, {0, 0}, {3, 3}}));
  // The second is above the first and the third above the fifth: (1, 2) and (3, 5) are not kept.
  const auto mixed = table_1({done(73), done(75), done(72), done(76), done(71)});
  EXPECT_EQ(pairs_of(mixed), (std::vector<std::pair<int, int>>{{2, 3}, {2, 3}, {2, 3}, {0, 0}, {2, 3}}))
      << "what diverged in the paper has no place in its order";
  EXPECT_EQ(comparison_notes(mixed, kAbsent).front(), "order: 4 of 6 pairs as published");
  EXPECT_EQ(pairs_of(table_1({done(75), nullopt, diverged(), nullopt, done(75)})),
            (std::vector<std::pair<int, int>>{{0, 1}, {0, 0}, {0, 0}, {0, 0}, {0, 1}}))
      << "equal is not above";
}

TEST(Order, HasNoPairOfRowsThatThePaperHasEqual) {
  std::vector<ComparedRow> rows;
  for (const auto& row : published_rows(3)) rows.push_back({row, done(70 + row.number), {}, {}});
  count_pairs(rows);
  // 73.23, 74.81, 74.91, 75.15, 75.15, diverged: of ten pairs of the five, one is equal.
  EXPECT_EQ(pairs_of(rows),
            (std::vector<std::pair<int, int>>{{4, 4}, {4, 4}, {4, 4}, {3, 3}, {3, 3}, {0, 0}}));
  EXPECT_EQ(comparison_notes(rows, kAbsent), std::vector<std::string>{"order: 9 of 9 pairs as published"});
}

TEST(Comparison, PutsOursBesideThePapers) {
  auto own = done(73.0);
  own.seeds = own.finished = 2;
  own.top1_deviation = 0.25;
  const auto rows = table_1({done(76.0), own, nullopt, diverged()});
  EXPECT_EQ(text_of(rows),
            "network       C/D/P/K      sharing               components  params M   ours  FLOPs G  ours   "
            "top-1 %          ours  seeds  diverged   diff  order  state             sweep\n"
            "ConvMixer     768/32/14/3  -                                    20.46  11.03     5.03  5.03     "
            "75.71         76.00    1/1         0  +0.29   kept  completed         paper-table-4\n"
            "WS-ConvMixer  768/32/14/3  uniform sequential 2  pointwise      11.02  11.03     5.03  5.03     "
            "73.29  73.00 ± 0.25    2/2         0  -0.29   kept  completed         paper-table-4\n"
            "WS-ConvMixer  768/32/14/3  uniform strided 2     pointwise      11.02      -     5.03     -     "
            "72.80             -      -         0      -      -  not in any sweep\n"
            "WS-ConvMixer  768/32/14/3  uniform random 2      pointwise      11.02  11.03     5.03  5.03  "
            "diverged      diverged    1/1         1      -      -  diverged          paper-table-4\n");
}

TEST(Comparison, SaysWhatIsMissingAndTheCommandsForIt) {
  auto failed = done(73);
  failed.finished = 0;
  failed.top1_mean = nullopt;
  failed.state = "failed";
  auto queued = failed;
  queued.state = "queued";
  auto rows = table_1({done(75), failed, nullopt, nullopt, queued});
  rows[1].command = "spinctl retry study";
  rows[2].command = rows[3].command = "spinctl submit table-1.yaml";
  EXPECT_EQ(
      comparison_notes(rows, kAbsent),
      (std::vector<std::string>{"order: no two rows to compare yet", "failed: 1 row; spinctl retry study",
                                "not in any sweep: 2 rows; spinctl submit table-1.yaml", "queued: 1 row"}));
  EXPECT_EQ(json_of(rows)[1].at("command"), "spinctl retry study");
}

TEST(Comparison, SaysWhatIsNotAsPublishedAndThatThereAreSeveral) {
  auto own = done(70);
  own.otherwise = "epochs=90";
  own.alike = 2;
  const auto rows = table_1({own});
  EXPECT_NE(text_of(rows).find("not as published\n"), std::string::npos) << text_of(rows);
  EXPECT_NE(text_of(rows).find("  epochs=90\n"), std::string::npos) << text_of(rows);
  EXPECT_EQ(text_of(table_1({done(70)})).find("not as published"), std::string::npos);
  EXPECT_EQ(comparison_notes(rows, kAbsent).back(),
            "1 row of a sweep that has several such cells; `spinctl query \"SELECT * FROM published WHERE "
            "table_number = 1\"` lists them");
}

TEST(Comparison, GivesMachinesKeysThatStay) {
  auto own = done(73.0);
  own.settings = "seed=1";
  const auto rows = json_of(table_1({own, nullopt, done(72)}));
  EXPECT_EQ(rows[0], nlohmann::json::parse(R"({"table_number": 1, "row_number": 1, "network": "ConvMixer",
      "shape": "768/32/14/3", "sharing": null, "shared_components": null, "transform_group": null,
      "fusion": "none", "published_params_m": 20.46, "params": 11028712, "published_flops_g": 5.03,
      "flops": 5030393856, "published_top1": 75.71, "published_outcome": "completed", "top1_mean": 73.0,
      "top1_deviation": null, "seeds": 1, "finished": 1, "diverged": 0, "difference": )" +
                                           nlohmann::json(73.0 - 75.71).dump() + R"(, "order_kept": true,
      "pairs_kept": 1, "pairs": 1, "state": "completed", "sweep": "paper-table-4", "sweep_id": 7, "cell": 2,
      "settings": "seed=1", "otherwise": "", "other_cells": 0, "command": null})"));
  EXPECT_EQ(rows[1].at("state"), "missing");
  for (const auto* key : {"params", "flops", "top1_mean", "seeds", "finished", "diverged", "difference",
                          "order_kept", "sweep", "cell", "otherwise"})
    EXPECT_TRUE(rows[1].at(key).is_null()) << key;
  EXPECT_EQ(rows[1].size(), rows[0].size());
}

}  // namespace
}  // namespace spin::render
