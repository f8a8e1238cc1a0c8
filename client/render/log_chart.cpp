#include "client/render/log_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

namespace spin::render {
namespace {

constexpr int kWidth = 760;
constexpr int kHeight = 460;
// The frame that holds the lines; the legend stands to the right of it.
constexpr double kLeft = 78;
constexpr double kRight = 590;
constexpr double kTop = 46;
constexpr double kBottom = 398;
constexpr double kLegendLeft = 612;

struct Look {
  std::string_view colour;
  std::string_view dash;    ///< stroke-dasharray
  std::string_view marker;  ///< path around the origin
};
constexpr std::string_view kCircle = "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z";
constexpr std::array<Look, kMaxChartLines> kLooks{
    {{"#0072b2", "none", kCircle},
     {"#d55e00", "7 3", "M-3.6,-3.6H3.6V3.6H-3.6z"},
     {"#009e73", "2 3", "M0,-4.8L4.5,3.4H-4.5z"},
     {"#cc79a7", "9 3 2 3", "M0,-5.2L5.2,0L0,5.2L-5.2,0z"},
     {"#e69f00", "12 4", "M0,4.8L4.5,-3.4H-4.5z"},
     {"#000000", "none", "M-4.6,-1.5H-1.5V-4.6H1.5V-1.5H4.6V1.5H1.5V4.6H-1.5V1.5H-4.6z"},
     {"#56b4e9", "4 3", "M-5,0L-1.6,-1.6L0,-5L1.6,-1.6L5,0L1.6,1.6L0,5L-1.6,1.6z"},
     {"#7f7f7f", "12 3 2 3 2 3", "M-5.4,-2.6H5.4V2.6H-5.4z"}}};
/// A line carries about as many markers.
constexpr std::size_t kMarkers = 8;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else
      result += c;
  }
  return result;
}

/// What follows an underscore is a subscript.
std::string with_subscript(std::string_view text) {
  const auto at = text.find('_');
  if (at == std::string_view::npos) return escaped(text);
  return escaped(text.substr(0, at)) + "<tspan dy=\"4\" font-size=\"10\">" + escaped(text.substr(at + 1)) +
         "</tspan>";
}

/// The distance between ticks, 1, 2 or 5 times a power of ten and at least 1, that gives at most `count` of
/// them.
double tick_step(double largest, int count) {
  double step = 1;
  for (const double factor : {2.0, 2.5, 2.0}) {
    if (largest / step <= count) return step;
    step *= factor;
  }
  return 10 * tick_step(largest / 10, count);
}

struct Axis {
  double end = 1;
  double step = 1;
};

class Drawing {
 public:
  explicit Drawing(const LogChart& chart) : chart_(chart) {
    double x = 0;
    double y = 0;
    for (const auto& line : chart.lines)
      for (const auto& point : line.points) {
        x = std::max(x, point.x);
        y = std::max(y, point.log10_y);
      }
    const double x_step = tick_step(x, 9);
    const double y_step = tick_step(y, 7);
    x_ = {1.03 * x, x_step};
    y_ = {y_step * std::max(1.0, std::ceil(y / y_step)), y_step};
  }

  std::string take() {
    add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
        "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\" fill=\"#222222\">",
        kWidth, kHeight);
    add("<title>{}</title>", escaped(chart_.title));
    add("<rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"/>", kWidth, kHeight);
    text((kLeft + kRight) / 2, kTop - 18, "middle", chart_.title, "font-size=\"15\" font-weight=\"bold\"");
    draw_axes();
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) draw_line(chart_.lines[i], kLooks.at(i));
    draw_legend();
    return svg_ + "</svg>\n";
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    svg_ += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }
  void text(double x, double y, std::string_view anchor, std::string_view what, std::string_view more = "") {
    add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" {}>{}</text>", x, y, anchor, more,
        with_subscript(what));
  }
  [[nodiscard]] double at_x(double x) const { return kLeft + (kRight - kLeft) * x / x_.end; }
  [[nodiscard]] double at_y(double log10_y) const { return kBottom - (kBottom - kTop) * log10_y / y_.end; }

  void draw_axes() {
    for (double x = 0; x <= x_.end; x += x_.step) {
      add("<path d=\"M{0:.1f},{1}V{2}\" stroke=\"#e4e4e4\"/>", at_x(x), kTop, kBottom);
      add("<path d=\"M{0:.1f},{1}v5\" stroke=\"#444444\"/>", at_x(x), kBottom);
      text(at_x(x), kBottom + 20, "middle", fmt::format("{}", x));
    }
    for (double y = 0; y <= y_.end; y += y_.step) {
      add("<path d=\"M{0},{1:.1f}H{2}\" stroke=\"#e4e4e4\"/>", kLeft, at_y(y), kRight);
      add("<path d=\"M{0},{1:.1f}h-5\" stroke=\"#444444\"/>", kLeft, at_y(y));
      add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">10<tspan dy=\"-5\" "
          "font-size=\"10\">{}</tspan></text>",
          kLeft - 9, at_y(y) + 5, y);
    }
    add("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#444444\"/>", kLeft, kTop,
        kRight - kLeft, kBottom - kTop);
    text((kLeft + kRight) / 2, kBottom + 46, "middle", chart_.x_title);
    const double middle = (kTop + kBottom) / 2;
    text(22, middle, "middle", chart_.y_title, fmt::format("transform=\"rotate(-90 22 {})\"", middle));
  }

  void stroke(std::string_view path, const Look& look) {
    add("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" stroke-dasharray=\"{}\" "
        "stroke-linejoin=\"round\"/>",
        path, look.colour, look.dash);
  }
  void mark(double x, double y, const Look& look) {
    add("<path d=\"{}\" transform=\"translate({:.1f} {:.1f})\" fill=\"{}\" stroke=\"#ffffff\" "
        "stroke-width=\"0.8\"/>",
        look.marker, x, y, look.colour);
  }

  void draw_line(const ChartLine& line, const Look& look) {
    std::string path;
    for (const auto& point : line.points)
      path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "M" : "L", at_x(point.x), at_y(point.log10_y));
    stroke(path, look);
    // Counted from the end, where the lines are furthest apart.
    const std::size_t every = std::max<std::size_t>(1, (line.points.size() + kMarkers - 1) / kMarkers);
    for (std::size_t i = line.points.size(); i > 0; i -= std::min(i, every))
      mark(at_x(line.points[i - 1].x), at_y(line.points[i - 1].log10_y), look);
  }

  void draw_legend() {
    double y = kTop + 12;
    text(kLegendLeft, y, "start", chart_.legend_title);
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) {
      y += 24;
      stroke(fmt::format("M{},{:.1f}h36", kLegendLeft, y - 4.5), kLooks.at(i));
      mark(kLegendLeft + 18, y - 4.5, kLooks.at(i));
      text(kLegendLeft + 46, y, "start", chart_.lines[i].label);
    }
  }

  const LogChart& chart_;
  Axis x_;
  Axis y_;
  std::string svg_;
};

}  // namespace

std::string chart_svg(const LogChart& chart) { return Drawing(chart).take(); }

}  // namespace spin::render
