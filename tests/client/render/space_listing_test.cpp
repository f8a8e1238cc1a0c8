#include "client/render/space_listing.h"

#include <cmath>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spin::render {
namespace {

std::string space_text(const Table& table, Format format) {
  std::ostringstream out;
  write_table(out, table, format, {});
  return out.str();
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(SpaceTable, HasEveryDigit) {
  const auto text = space_text(space_table({4, 2, 1}), Format::csv);
  EXPECT_NE(text.find("count,formula,log10,value\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("assignments,2^4,1.204"), std::string::npos) << text;
  EXPECT_NE(text.find(",15\r\n"), std::string::npos) << text;  // 2^4 - 1
  EXPECT_NE(text.find("\"S(4, 2)\",0.845"), std::string::npos) << text;
  const auto parsed = nlohmann::json::parse(space_text(space_table({32, 16, 4}), Format::json));
  ASSERT_EQ(parsed.size(), 5U);
  EXPECT_EQ(parsed[0].at("count"), "assignments");
  EXPECT_EQ(parsed[0].at("value"), "340282366920938463463374607431768211456");
  EXPECT_DOUBLE_EQ(parsed[0].at("log10").get<double>(), 128 * std::log10(2.0));
  EXPECT_EQ(parsed[2].at("formula"), "Ω_S(32, 8, 16)");
}

TEST(SpaceTable, HasNoLogarithmOfNothing) {
  const auto parsed = nlohmann::json::parse(space_text(space_table({4, 2, 4}), Format::json));
  EXPECT_EQ(parsed[2].at("value"), "0");
  EXPECT_TRUE(parsed[2].at("log10").is_null());
}

TEST(SpaceFigure, HasALinePerLengthOfTheStages) {
  const auto chart = space_figure(32);
  std::vector<std::string> labels;
  for (const auto& line : chart.lines) labels.push_back(line.label);
  EXPECT_EQ(labels, (std::vector<std::string>{"32 (isotropic)", "16", "8", "4", "2", "1"}));
  EXPECT_EQ(chart.lines[0].points.size(), 32U);
  EXPECT_EQ(chart.lines[2].points.front().x, 4);  // four stages need four tensors
  ASSERT_EQ(chart.lines[5].points.size(), 1U);
  EXPECT_NEAR(chart.lines[5].points[0].log10_y, std::lgamma(33) / std::log(10), 1e-9);  // 32!
}

TEST(SpaceFigure, StaysWithinWhatAChartHolds) {
  for (const int layers : {1, 7, 60, kMaxFigureLayers}) {
    const auto chart = space_figure(layers);
    EXPECT_LE(chart.lines.size(), kMaxChartLines);
    for (const auto& line : chart.lines) EXPECT_LE(line.points.size(), 64U);
    EXPECT_EQ(chart.lines.front().points.back().x, layers);
    EXPECT_EQ(chart_svg(chart).find("nan"), std::string::npos);
  }
}

TEST(LogChart, DrawsAxesLinesMarkersAndLegend) {
  LogChart chart{
      "a < b & c", "weights P", "size Ω_S", "L_S", {{"one", {{0, 0}, {10, 20}}}, {"two", {{10, 5}}}}};
  const auto svg = chart_svg(chart);
  EXPECT_EQ(svg.substr(0, 5), "<svg ");
  EXPECT_EQ(svg.substr(svg.size() - 7), "</svg>\n");
  EXPECT_NE(svg.find("a &lt; b &amp; c"), std::string::npos);
  EXPECT_NE(svg.find(">10<tspan dy=\"-5\" font-size=\"10\">20</tspan></text>"), std::string::npos) << svg;
  EXPECT_NE(svg.find("size Ω<tspan dy=\"4\" font-size=\"10\">S</tspan>"), std::string::npos) << svg;
  // From the lower left corner of the frame to its top, at 10 of 10.3.
  EXPECT_NE(svg.find("d=\"M78.0,398.0L575.1,46.0\""), std::string::npos) << svg;
  EXPECT_EQ(occurrences(svg, "stroke=\"#0072b2\""), 2U);  // the line and its legend
  EXPECT_EQ(occurrences(svg, "fill=\"#d55e00\""), 2U);    // one marker and that of the legend
  EXPECT_EQ(occurrences(svg, "<text"), occurrences(svg, "</text>"));
  EXPECT_EQ(occurrences(svg, ">one</text>"), 1U);
}

}  // namespace
}  // namespace spin::render
