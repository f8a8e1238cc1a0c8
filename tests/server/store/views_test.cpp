#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "schema/sql/selection.h"
#include "schema/sql/statistics.h"
#include "schema/sql/tables.h"
#include "schema/sql/view_docs.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

/// Of the two-sided interval at 95 %, as tables of Student's distribution print it.
const std::map<int, double> kPrinted = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},
                                        {5, 2.571},  {9, 2.262},  {10, 2.228}, {20, 2.086},
                                        {30, 2.042}, {40, 2.021}, {60, 2.000}, {120, 1.980}};

/// The share of Student's distribution between -t and t, by Simpson's rule.
double share_within(double t, int degrees) {
  const auto density = [degrees](double x) {
    return std::exp(std::lgamma((degrees + 1) / 2.0) - std::lgamma(degrees / 2.0)) /
           std::sqrt(degrees * std::numbers::pi) * std::pow(1 + x * x / degrees, -(degrees + 1) / 2.0);
  };
  constexpr int kSteps = 200'000;
  const double step = 2 * t / kSteps;
  double sum = density(-t) + density(t);
  for (int i = 1; i < kSteps; ++i) sum += density(-t + i * step) * (i % 2 == 1 ? 4 : 2);
  return sum * step / 3;
}

class Views : public StoreTest {
 protected:
  /// A finished job, or one that diverged.
  static core::Change done(std::int64_t job, std::optional<double> top1) {
    core::InsertResult result;
    result.job = {job};
    result.attempt = {1, job};
    result.result.outcome = top1 ? Outcome::completed : Outcome::diverged;
    if (top1) result.result.values.set(Metric::top1, *top1);
    result.result.values.set(Metric::seconds, 10 + static_cast<double>(job));
    return result;
  }
  std::vector<std::string> ask(const std::string& sql) { return rows_of(path(), sql); }
  double number(const std::string& sql) { return std::stod(ask(sql).at(0)); }
};

TEST_F(Views, StudentsTIsThatOfPrintedTablesAndOfTheIntegral) {
  for (const auto& [degrees, printed] : kPrinted) {
    EXPECT_NEAR(student_t(degrees), printed, 5e-4) << degrees;
    EXPECT_NEAR(share_within(student_t(degrees), degrees), 0.95, 1e-7) << degrees;
  }
  for (const int degrees : {1, 2, 29, 30, 31, 32, 50, 100, 1000, 99'999})
    EXPECT_NEAR(number("SELECT " + sql_of_student_t(std::to_string(degrees))), student_t(degrees), 1e-6)
        << degrees;
  EXPECT_EQ(ask("SELECT ifnull(" + sql_of_student_t("0") + ", 'none')"), std::vector<std::string>{"none"});
  EXPECT_TRUE(std::isnan(student_t(0)));
}

TEST_F(Views, EveryColumnOfEveryViewHasAMeaning) {
  std::set<std::string> told;
  for (const auto& view : view_docs()) {
    told.insert(view.name);
    EXPECT_NE(view.meaning, "") << view.name;
    std::vector<std::string> names;
    for (const auto& column : view.columns) {
      names.push_back(column.name);
      EXPECT_NE(column.meaning, "") << view.name << "." << column.name;
    }
    EXPECT_EQ(names, ask("SELECT name FROM pragma_table_info('" + view.name + "')")) << view.name;
  }
  EXPECT_EQ(views().size(), told.size() + 3) << "labelled_cell, named_job and sweep_job are for other views";
}

// make_plan(): cell 0 is the unshared network, seeds fastest; others are compared with it.
TEST_F(Views, CellsHaveIntervalsAndDifferencesSeedBySeed) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("study", 3, 4), 1)});
  commit(*store_, {done(1, 80), done(2, 82), done(3, 84), done(4, 90),            // the unshared network
                   done(5, 79), done(6, 83), done(7, 82), done(8, std::nullopt),  // one diverged
                   done(9, 70)});
  const auto row = [&](const std::string& columns, int cell) {
    return ask("SELECT " + columns + " FROM cells WHERE cell = " + std::to_string(cell)).at(0);
  };
  const auto of = [&](const std::string& column, int cell) { return std::stod(row(column, cell)); };
  EXPECT_DOUBLE_EQ(of("top1_mean", 0), 84);
  const double deviation = std::sqrt((16 + 4 + 0 + 36) / 3.0);
  EXPECT_NEAR(of("top1_deviation", 0), deviation, 1e-9);
  EXPECT_NEAR(of("top1_low", 0), 84 - 3.182446305 * deviation / 2, 1e-6);
  EXPECT_NEAR(of("top1_high", 0), 84 + 3.182446305 * deviation / 2, 1e-6);
  // -1, 1, -2: the seed that diverged is in no pair.
  EXPECT_EQ(row("pairs || ' ' || completed || ' ' || diverged || ' ' || finished || ' ' || state", 1),
            "3 3 1 4 completed");
  EXPECT_NEAR(of("difference", 1), -2.0 / 3, 1e-9);
  const double half = 4.302652730 * std::sqrt((1.0 / 9 + 25.0 / 9 + 16.0 / 9) / 2) / std::sqrt(3.0);
  EXPECT_NEAR(of("difference_low", 1), -2.0 / 3 - half, 1e-6);
  EXPECT_NEAR(of("difference_high", 1), -2.0 / 3 + half, 1e-6);
  EXPECT_NEAR(of("seconds", 1), 10 + (5 + 6 + 7 + 8) / 4.0, 1e-9);
  // One seed has no interval.
  EXPECT_EQ(row("pairs || ' ' || difference || ' ' || ifnull(top1_low, '-') || ' ' || ifnull(difference_low, "
                "'-') || ' ' || state",
                2),
            "1 -10.0 - - waiting");
}

TEST_F(Views, CellsSayWhatBecameOfThoseThatAreNotDone) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("study", 5, 2), 1)});
  commit(*store_, {set_state(3, JobState::failed, "no"), set_state(5, JobState::cancelled, ""),
                   set_state(7, JobState::paused, ""), done(1, 80), done(2, 81)});
  EXPECT_EQ(ask("SELECT state, failed FROM cells ORDER BY cell"),
            (std::vector<std::string>{"completed|0", "failed|1", "cancelled|0", "paused|0", "waiting|0"}));
}

struct Point {
  double top1, params, flops;
};
bool beats(const Point& one, const Point& other, bool by_params, bool by_flops) {
  const bool no_worse = one.top1 >= other.top1 && (!by_params || one.params <= other.params) &&
                        (!by_flops || one.flops <= other.flops);
  return no_worse && (one.top1 > other.top1 || (by_params && one.params < other.params) ||
                      (by_flops && one.flops < other.flops));
}

TEST_F(Views, ParetoIsWhatBruteForceFinds) {
  std::mt19937 random(3);
  constexpr int kCells = 60;
  for (int sweep = 1; sweep <= 3; ++sweep) {
    auto plan = std::make_shared<FirstPart>(
        *make_plan("s" + std::to_string(sweep), kCells, 1, std::to_string(sweep)));
    for (auto& cell : plan->cells)
      cell.cost = {static_cast<std::int64_t>(random() % 20), static_cast<std::int64_t>(random() % 20)};
    const std::int64_t first = 1 + (sweep - 1) * kCells;
    commit(*store_, {insert_all(SweepId{sweep}, plan, first)});
    std::vector<core::Change> results;
    std::vector<Point> points(kCells);
    for (int i = 0; i < kCells; ++i) {
      points[i] = {static_cast<double>(random() % 12), static_cast<double>(plan->cells[i].cost.params),
                   static_cast<double>(plan->cells[i].cost.flops)};
      results.push_back(done(first + i, points[i].top1));
    }
    commit(*store_, results);
    std::vector<std::string> expected;
    for (int i = 0; i < kCells; ++i) {
      const auto stands = [&](bool by_params, bool by_flops) {
        return std::none_of(points.begin(), points.end(),
                            [&](const Point& other) { return beats(other, points[i], by_params, by_flops); });
      };
      expected.push_back(std::to_string(i) + "|" + std::to_string(stands(true, false)) + "|" +
                         std::to_string(stands(false, true)) + "|" + std::to_string(stands(true, true)));
    }
    EXPECT_EQ(ask("SELECT cell, on_params, on_flops, on_both FROM pareto WHERE sweep_id = " +
                  std::to_string(sweep) + " ORDER BY cell"),
              expected);
  }
}

TEST_F(Views, EffectsAreThoseOfPairsThatDifferInOneAxisAlone) {
  auto plan = std::make_shared<FirstPart>(*make_plan("study", 4, 2));
  const auto label = [&](int cell, const char* sharing, const char* settings) {
    plan->cells[static_cast<std::size_t>(cell)].sharing = sharing;
    plan->cells[static_cast<std::size_t>(cell)].settings = settings;
  };
  label(0, "none", "lr=0.1 epochs=2");
  label(1, "sequential 2", "lr=0.1 epochs=2");
  label(2, "none", "lr=0.2 epochs=2");
  label(3, "sequential 2", "lr=0.2 epochs=2");
  commit(*store_, {insert_all(SweepId{1}, plan, 1)});
  commit(*store_, {done(1, 80), done(2, 81), done(3, 83), done(4, 82), done(5, 70), done(6, 70), done(7, 71),
                   done(8, std::nullopt)});
  // sequential 2 against none: 3, 1 at lr 0.1 and 1 at lr 0.2.
  const double half = 4.302652730 * std::sqrt((16.0 / 9 + 4.0 / 9 + 4.0 / 9) / 2) / std::sqrt(3.0);
  EXPECT_EQ(ask("SELECT axis, cells, pairs FROM effects WHERE value = 'sequential 2' AND against = 'none'"),
            std::vector<std::string>{"sharing|2|3"});
  EXPECT_NEAR(number("SELECT difference FROM effects WHERE value = 'sequential 2'"), 5.0 / 3, 1e-9);
  EXPECT_NEAR(number("SELECT difference_low FROM effects WHERE value = 'sequential 2'"), 5.0 / 3 - half,
              1e-6);
  EXPECT_NEAR(number("SELECT difference FROM effects WHERE value = 'none'"), -5.0 / 3, 1e-9);
  // 0.1 against 0.2: 10, 11 without sharing, 12 with it.
  EXPECT_EQ(ask("SELECT against, cells, pairs, difference FROM effects WHERE axis = 'lr' AND value = '0.1'"),
            std::vector<std::string>{"0.2|2|3|11.0"});
  EXPECT_EQ(ask("SELECT DISTINCT axis FROM effects ORDER BY axis"),
            (std::vector<std::string>{"lr", "sharing"}));
}

class Selections : public Views {
 protected:
  Selections() {
    commit(*store_, {insert_all(SweepId{1}, make_plan("study", 3, 2), 1)});
    commit(*store_, {done(1, 80), done(2, 82), done(3, 90), done(4, 84), done(5, 70), done(6, 71)});
  }
  std::vector<std::string> cells(Selection selection) {
    selection.sweeps = {1};
    return ask("SELECT cell FROM (" + value_of(statement_of(selection)) + ")");
  }
  static std::string refusal(const Selection& selection) {
    const auto statement = statement_of(selection);
    return statement.ok() ? "accepted" : statement.error().message;
  }
};

TEST_F(Selections, FilterSortAndKeepFronts) {
  using List = std::vector<std::string>;
  EXPECT_EQ(cells({}), (List{"0", "1", "2"}));
  EXPECT_EQ(cells({.sort = {"top1_mean"}}), (List{"1", "0", "2"})) << "the best first";
  EXPECT_EQ(cells({.sort = {"top1_mean:asc"}}), (List{"2", "0", "1"}));
  EXPECT_EQ(cells({.sort = {"params:desc"}}), (List{"2", "1", "0"}));
  EXPECT_EQ(cells({.where = {"top1_mean>=81"}}), (List{"0", "1"}));
  EXPECT_EQ(cells({.where = {"params < 1.001k"}}), (List{"0"}));
  EXPECT_EQ(cells({.where = {"sharing=sequential 2"}}), (List{"1"}));
  EXPECT_EQ(cells({.where = {"sharing~SEQ", "sharing!=sequential 2"}}), (List{"2"}));
  EXPECT_EQ(cells({.where = {"sharing!~seq"}}), (List{"0"}));
  EXPECT_EQ(cells({.where = {"network=it's"}}), List{});
  EXPECT_EQ(cells({.where = {"sharing == sequential 2 "}}), (List{"1"}));
  EXPECT_EQ(cells({.front = "params"}), (List{"0", "1"}));
}

TEST_F(Selections, NameWhatIsWrongAndWhatWouldBeAccepted) {
  EXPECT_NE(refusal({.where = {"top1_maen>3"}}).find("do you mean top1_mean?"), std::string::npos);
  EXPECT_NE(refusal({.where = {"params"}}).find("is no condition"), std::string::npos);
  EXPECT_NE(refusal({.where = {"params>many"}}).find("'many' is none"), std::string::npos);
  EXPECT_NE(refusal({.where = {"params<inf"}}).find("'inf' is none"), std::string::npos);
  EXPECT_NE(refusal({.where = {"params~3"}}).find("is a number"), std::string::npos);
  EXPECT_NE(refusal({.sort = {"params:up"}}).find("asc or desc"), std::string::npos);
  EXPECT_NE(refusal({.sort = {"nosuch"}}).find("there is no column 'nosuch'"), std::string::npos);
  EXPECT_NE(refusal({.front = "money"}).find("params, flops, or both"), std::string::npos);
}

TEST_F(Selections, AnyCellCanBeTheBaseline) {
  const auto name = ask("SELECT name FROM cells WHERE cell = 1").at(0);
  const auto sql =
      value_of(statement_of({.sweeps = {1}, .where = {}, .sort = {}, .front = {}, .baseline = name}));
  EXPECT_EQ(ask("SELECT cell, baseline, pairs, difference FROM (" + sql + ")"),
            (std::vector<std::string>{"0|1|2|-6.0", "1|1|2|0.0", "2|1|2|-16.5"}));
  const double half = 12.706204736 * std::sqrt(2 * 16.0) / std::sqrt(2.0);  // of -10 and -2
  EXPECT_NEAR(number("SELECT difference_low FROM (" + sql + ") WHERE cell = 0"), -6 - half, 1e-5);
}

}  // namespace
}  // namespace spin
