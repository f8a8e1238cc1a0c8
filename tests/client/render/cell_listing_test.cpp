#include "client/render/cell_listing.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "client/render/text.h"
#include "schema/sql/view_docs.h"

namespace spin::render {
namespace {

using nlohmann::json;

std::string as_text(const Table& table, Format format, std::size_t width = 0) {
  std::ostringstream out;
  write_table(out, table, format, {.width = width});
  return out.str();
}

/// Rows of `cells`, of which each names what is not empty.
class Cells {
 public:
  Cells() {
    for (const auto& column : find_view_doc("cells")->columns) columns.push_back(column.name);
  }
  void add(const std::map<std::string, QueryValue>& values) {
    QueryRow row;
    for (const auto& column : columns) {
      const auto found = values.find(column);
      row.push_back(found == values.end() ? QueryValue{} : found->second);
    }
    rows.push_back(row);
  }
  [[nodiscard]] CellRows view() const { return {columns, rows}; }

  std::vector<std::string> columns;
  std::vector<QueryRow> rows;
};

std::int64_t whole(std::int64_t value) { return value; }

Cells study() {
  Cells cells;
  cells.add({{"sweep", "study"},
             {"sweep_id", whole(1)},
             {"network", "64/8/4/3"},
             {"sharing", "none"},
             {"transform", "none"},
             {"fusion", "none"},
             {"settings", ""},
             {"dataset", "mnist"},
             {"state", "completed"},
             {"params", whole(42'314)},
             {"flops", whole(2'000'000)},
             {"seeds", whole(2)},
             {"finished", whole(2)},
             {"diverged", whole(0)},
             {"failed", whole(0)},
             {"top1_mean", 89.123},
             {"top1_deviation", 0.214},
             {"top1_low", 87.2},
             {"top1_high", 91.046},
             {"data", "aa"}});
  cells.add({{"sweep", "study"},
             {"sweep_id", whole(1)},
             {"network", "64/8/4/3"},
             {"sharing", "sequential 2"},
             {"transform", "none"},
             {"fusion", "mean"},
             {"settings", ""},
             {"dataset", "mnist"},
             {"state", "running"},
             {"params", whole(25'674)},
             {"flops", whole(2'000'000)},
             {"seeds", whole(2)},
             {"finished", whole(1)},
             {"diverged", whole(0)},
             {"failed", whole(0)},
             {"top1_mean", 88.5},
             {"baseline", whole(0)},
             {"difference", -0.623},
             {"pairs", whole(1)},
             {"data", "aa"}});
  return cells;
}

TEST(CellListing, ShowsMeanDeviationIntervalAndWhatIsNotDone) {
  const auto cells = study();
  EXPECT_EQ(
      as_text(cells_table(cells.view()), Format::table),
      "network   sharing       fusion  params   FLOPs       top-1 %            95 %   diff  seeds  state\n"
      "64/8/4/3  none          none    42.3 k  2.00 M  89.12 ± 0.21  87.20 to 91.05      -    2/2  "
      "completed\n"
      "64/8/4/3  sequential 2  mean    25.7 k  2.00 M         88.50               -  -0.62    1/2  "
      "running\n");
  std::istringstream lines(as_text(cells_table(cells.view()), Format::table, 80));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80U) << line;
}

TEST(CellListing, JsonHasEveryColumnOfTheViewAndRawNumbers) {
  const auto cells = study();
  const auto parsed = json::parse(as_text(cells_table(cells.view()), Format::json));
  ASSERT_EQ(parsed.size(), 2U);
  for (const auto& column : cells.columns) EXPECT_TRUE(parsed[1].contains(column)) << column;
  EXPECT_EQ(parsed[1].size(), cells.columns.size());
  EXPECT_EQ(parsed[1]["params"], 25'674);
  EXPECT_EQ(parsed[1]["difference"], -0.623);
  EXPECT_EQ(parsed[1]["top1_deviation"], nullptr);
  EXPECT_EQ(parsed[0]["baseline"], nullptr);
  EXPECT_EQ(parsed[0]["data"], json::array({"aa"}));
}

TEST(CellListing, ShowsWhatWasChosenToEverybody) {
  const auto cells = study();
  const auto table = cells_table(cells.view(), {"sharing", "top1_mean", "pairs"});
  EXPECT_EQ(as_text(table, Format::csv),
            "sharing,top1_mean,pairs\r\nnone,89.123,\r\nsequential 2,88.5,1\r\n");
  EXPECT_EQ(as_text(table, Format::table),
            "sharing       top-1 %  pairs\n"
            "none            89.12      -\n"
            "sequential 2    88.50      1\n");
}

TEST(CellListing, SeveralSweepsAreNamed) {
  auto cells = study();
  EXPECT_EQ(as_text(cells_table(cells.view()), Format::table).find("study"), std::string::npos);
  cells.add({{"sweep", "other"}, {"sweep_id", whole(2)}, {"state", "waiting"}});
  EXPECT_NE(as_text(cells_table(cells.view()), Format::table).find("study"), std::string::npos);
  EXPECT_NE(as_text(cells_table(cells.view()), Format::table).find("other"), std::string::npos);
}

TEST(CellListing, ResultsThatRestOnOtherDataAreNamed) {
  auto cells = study();
  EXPECT_TRUE(mixed_data(cells.view()).empty());
  cells.add({{"dataset", "mnist"}, {"data", "aa,bb"}});
  const auto lines = mixed_data(cells.view());
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(
      lines[0].find("WARNING: OTHER DATA: these results of mnist rest on 2 different states of its files and "
                    "do not compare: aa of 3 cells, bb of 1 cell; "),
      0U)
      << lines[0];
}

TEST(EffectsListing, ShowsTheIntervalToPeopleAndItsEndsToMachines) {
  const std::vector<std::string> columns{"sweep", "axis",       "value",          "against",        "cells",
                                         "pairs", "difference", "difference_low", "difference_high"};
  const std::vector<QueryRow> rows{{"study", "fusion", "mean", "none", whole(2), whole(6), 0.5, 0.25, 0.75}};
  EXPECT_EQ(as_text(effects_table({columns, rows}), Format::table),
            "sweep  axis    value  against  cells  pairs   diff            95 %\n"
            "study  fusion  mean   none         2      6  +0.50  +0.25 to +0.75\n");
  EXPECT_EQ(json::parse(as_text(effects_table({columns, rows}), Format::json))[0]["difference_low"], 0.25);
}

}  // namespace
}  // namespace spin::render
