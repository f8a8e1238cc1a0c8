#pragma once

#include <string>
#include <vector>

namespace spin::render {

struct ChartPoint {
  double x = 0;
  double log10_y = 0;
};

struct ChartLine {
  std::string label;
  std::vector<ChartPoint> points;  ///< ascending x, at least one
};

/// Lines over a logarithmic y axis; the corner of the axes is x = 0, y = 1. In the titles, what follows an
/// underscore is a subscript.
struct LogChart {
  std::string title;
  std::string x_title;
  std::string y_title;
  std::string legend_title;
  std::vector<ChartLine> lines;  ///< at least one, at most kMaxChartLines, in the order of the legend
};

/// So many colours, dashes and markers can be told apart.
inline constexpr std::size_t kMaxChartLines = 8;

/// A whole SVG document, 760 x 460, on white. Lines differ in colour, dash and marker, so that it reads in
/// print and to the colour-blind (colours: Okabe and Ito).
std::string chart_svg(const LogChart& chart);

}  // namespace spin::render
