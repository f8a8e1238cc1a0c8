#include "client/render/query_listing.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spin::render {
namespace {

using nlohmann::json;

std::string query_text(const std::vector<std::string>& columns, const std::vector<QueryRow>& rows,
                       Format format, std::size_t width = 0) {
  std::ostringstream out;
  write_table(out, query_table(columns, rows), format, {.width = width});
  return out.str();
}

const std::vector<std::string> kColumns{"network", "params", "top1", "hash"};
const std::vector<QueryRow> kRows{
    {std::string("64/8/4/3"), std::int64_t{42'314}, 88.123456789, QueryBlob{"00ff"}},
    {std::string("64/4/4/3"), std::int64_t{22'100}, std::monostate{}, QueryBlob{"01"}}};

TEST(QueryListing, NumbersStandRightAndAreShortForPeople) {
  EXPECT_EQ(query_text(kColumns, kRows, Format::table),
            "network   params     top1  hash\n"
            "64/8/4/3   42314  88.1235  00ff\n"
            "64/4/4/3   22100        -  01\n");
}

TEST(QueryListing, MachinesGetWholeNumbersAndNull) {
  EXPECT_EQ(json::parse(query_text(kColumns, kRows, Format::json)), json::parse(R"([
      {"network": "64/8/4/3", "params": 42314, "top1": 88.123456789, "hash": "00ff"},
      {"network": "64/4/4/3", "params": 22100, "top1": null, "hash": "01"}])"));
  EXPECT_EQ(query_text(kColumns, kRows, Format::csv),
            "network,params,top1,hash\r\n64/8/4/3,42314,88.123456789,00ff\r\n64/4/4/3,22100,,01\r\n");
}

TEST(QueryListing, ColumnsOfOneNameAreToldApartByMachines) {
  const std::vector<QueryRow> rows{{std::int64_t{1}, std::int64_t{2}, std::int64_t{3}}};
  const std::vector<std::string> columns{"x", "x", "x:2"};
  EXPECT_EQ(json::parse(query_text(columns, rows, Format::json)),
            json::parse(R"([{"x": 1, "x:2": 2, "x:2:2": 3}])"));
  EXPECT_EQ(query_text(columns, rows, Format::table), "x  x  x:2\n1  2    3\n");
}

TEST(QueryListing, LongTextGivesWayOnANarrowTerminal) {
  const std::vector<QueryRow> rows{{std::string(200, 'a'), std::int64_t{123'456'789}}};
  std::istringstream lines(query_text({"text", "number"}, rows, Format::table, 40));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 40U) << line;
}

}  // namespace
}  // namespace spin::render
