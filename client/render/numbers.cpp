#include "client/render/numbers.h"

#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

namespace spin::render {
namespace {

struct Scale {
  double factor;
  std::string_view unit;
  int decimals;
};
constexpr std::array kScales{Scale{1, "", 0},     Scale{1e3, " k", 1},  Scale{1e6, " M", 2},
                             Scale{1e9, " G", 2}, Scale{1e12, " T", 2}, Scale{1e15, " P", 2}};

}  // namespace

std::string quantity(double value) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  for (std::size_t i = 0; i < kScales.size(); ++i) {
    const auto& scale = kScales[i];
    const double step = std::pow(10.0, -scale.decimals);
    // The printed number decides, so that 999,960 is 1.00 M and never 1000.0 k.
    const bool fits = std::abs(value) / scale.factor + step / 2 < 1000;
    if (fits || i + 1 == kScales.size())
      return fmt::format("{:.{}f}{}", value / scale.factor, scale.decimals, scale.unit);
  }
  return {};
}

std::string byte_size(std::int64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string fixed(double value, int decimals) { return fmt::format("{:.{}f}", value, decimals); }

std::string share(double value) { return fmt::format("{:.1f} %", value * 100); }

std::string difference(double points) {
  const double rounded = std::round(points * 100) / 100;
  return rounded == 0 ? "0.00" : fmt::format("{:+.2f}", rounded);
}

std::string mean_and_deviation(double mean, std::optional<double> deviation) {
  return deviation ? fmt::format("{:.2f} ± {:.2f}", mean, *deviation) : fixed(mean, 2);
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 9.95) return fmt::format("{:.1f}s", seconds);
  if (seconds > 1e12) return "very long";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t minutes = whole / 60;
  const std::int64_t hours = minutes / 60;
  if (minutes == 0) return fmt::format("{}s", whole);
  if (hours == 0) return fmt::format("{}m {:02}s", minutes, whole % 60);
  if (hours < 24) return fmt::format("{}h {:02}m", hours, minutes % 60);
  return fmt::format("{}d {:02}h", hours / 24, hours % 24);
}

std::string shown(Unit unit, double value) {
  switch (unit) {
    case Unit::none:
      return fixed(value, 4);
    case Unit::percent:
      return fixed(value, 2);
    case Unit::count:
    case Unit::per_second:
      return quantity(value);
    case Unit::bytes:
      return byte_size(static_cast<std::int64_t>(value));
    case Unit::seconds:
      return duration(value);
  }
  return fixed(value, 4);
}

std::string age(std::int64_t at_ms, std::int64_t now_ms) {
  const std::int64_t passed_ms = now_ms - at_ms;
  if (passed_ms < 1000) return "now";
  const std::int64_t seconds = passed_ms / 1000;
  return (seconds < 60 ? fmt::format("{}s", seconds) : duration(static_cast<double>(seconds))) + " ago";
}

}  // namespace spin::render
