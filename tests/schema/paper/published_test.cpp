#include "schema/paper/published.h"

#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "schema/sql/tables.h"

// The published figures are complete, and the view that people query says the same.

namespace spin {
namespace {

const std::map<int, int> kRowsOfTables = {{1, 8}, {2, 4},  {3, 6}, {4, 9}, {5, 8},
                                          {6, 6}, {8, 16}, {9, 5}, {10, 6}};

TEST(Published, HasEveryRowOfEveryTable) {
  std::map<int, int> counts;
  for (const auto& row : published_rows()) ++counts[row.table];
  EXPECT_EQ(counts, kRowsOfTables);
  EXPECT_EQ(published_rows(8).size(), 16U);
  EXPECT_EQ(published_rows(8).back().number, 16);
  EXPECT_TRUE(published_rows(7).empty());
}

TEST(Published, FieldsAreRead) {
  const auto& row = published_rows().at(10);
  EXPECT_EQ(row.table, 2);
  EXPECT_EQ(row.number, 3);
  EXPECT_EQ(row.network, "WS-ConvMixer");
  EXPECT_EQ(row.family, "convmixer");
  EXPECT_EQ(row.channels, 768);
  EXPECT_EQ(row.depth, 32);
  EXPECT_EQ(row.patch, 14);
  EXPECT_EQ(row.kernel, 3);
  EXPECT_EQ(row.resolution, 224);
  EXPECT_EQ(row.distribution, "uniform");
  EXPECT_EQ(row.mapping, "sequential");
  EXPECT_EQ(row.share_rate, 2);
  EXPECT_EQ(row.shared_components, "pointwise");
  EXPECT_EQ(row.transform_group, 32);
  EXPECT_EQ(row.fusion, "none");
  EXPECT_EQ(row.init, "random");
  EXPECT_EQ(row.params_m.text, "11.40");
  EXPECT_DOUBLE_EQ(row.params_m.value, 11.4);
  EXPECT_DOUBLE_EQ(row.params_m.unit(), 0.01);
  EXPECT_DOUBLE_EQ(row.flops_g.value, 5.31);
  ASSERT_TRUE(row.top1.has_value());
  EXPECT_DOUBLE_EQ(row.top1->value, 73.14);
  EXPECT_FALSE(published_rows().at(3).top1.has_value());           // Uniform Random diverged
  EXPECT_FALSE(published_rows().at(41).kernel.has_value());        // DeiT
  EXPECT_DOUBLE_EQ(published_rows().at(27).params_m.unit(), 0.1);  // 49.4 M
}

struct Closer {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A database in memory with the view.
std::unique_ptr<sqlite3, Closer> with_view() {
  sqlite3* opened = nullptr;
  EXPECT_EQ(sqlite3_open(":memory:", &opened), SQLITE_OK);
  std::unique_ptr<sqlite3, Closer> database(opened);
  for (const auto& view : views()) {
    if (view.name != "paper") continue;
    EXPECT_EQ(sqlite3_exec(database.get(), view.sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database.get());
  }
  return database;
}

class Query {
 public:
  Query(sqlite3* database, const char* sql) {
    sqlite3_stmt* prepared = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database, sql, -1, &prepared, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    statement_.reset(prepared);
  }
  bool next() { return sqlite3_step(statement_.get()) == SQLITE_ROW; }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  [[nodiscard]] std::string text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return text ? text : "";
  }
  [[nodiscard]] int whole(int column) const {
    EXPECT_EQ(sqlite3_column_type(statement_.get(), column), SQLITE_INTEGER) << column;
    return sqlite3_column_int(statement_.get(), column);
  }
  [[nodiscard]] double real(int column) const {
    EXPECT_EQ(sqlite3_column_type(statement_.get(), column), SQLITE_FLOAT) << column;
    return sqlite3_column_double(statement_.get(), column);
  }

 private:
  std::unique_ptr<sqlite3_stmt, Closer> statement_;
};

TEST(PaperView, SaysWhatTheTablesSay) {
  const auto database = with_view();
  Query query(database.get(),
              "SELECT table_number, network, family, channels, depth, patch, kernel, resolution, "
              "distribution, mapping, "
              "share_rate, shared_components, transform_group, fusion, init, params_m, flops_g, top1, "
              "outcome, row_number FROM paper");
  for (const auto& row : published_rows()) {
    ASSERT_TRUE(query.next());
    EXPECT_EQ(query.whole(0), row.table);
    EXPECT_EQ(query.text(1), row.network);
    EXPECT_EQ(query.text(2), row.family);
    EXPECT_EQ(query.whole(3), row.channels);
    EXPECT_EQ(query.whole(4), row.depth);
    EXPECT_EQ(query.whole(5), row.patch);
    EXPECT_EQ(query.is_null(6), !row.kernel);
    if (row.kernel) {
      EXPECT_EQ(query.whole(6), *row.kernel);
    }
    EXPECT_EQ(query.whole(7), row.resolution);
    EXPECT_EQ(query.text(8), row.distribution);
    EXPECT_EQ(query.text(9), row.mapping);
    EXPECT_EQ(query.whole(10), row.share_rate);
    EXPECT_EQ(query.text(11), row.shared_components);
    EXPECT_EQ(query.is_null(11), row.shared_components.empty());
    EXPECT_EQ(query.is_null(12), !row.transform_group);
    EXPECT_EQ(query.text(13), row.fusion);
    EXPECT_EQ(query.text(14), row.init);
    EXPECT_EQ(query.real(15), row.params_m.value);
    EXPECT_EQ(query.real(16), row.flops_g.value);
    EXPECT_EQ(query.is_null(17), !row.top1);
    if (row.top1) {
      EXPECT_EQ(query.real(17), row.top1->value);
    }
    EXPECT_EQ(query.text(18), row.top1 ? "completed" : "diverged");
    EXPECT_EQ(query.whole(19), row.number);
  }
  EXPECT_FALSE(query.next());
}

}  // namespace
}  // namespace spin
