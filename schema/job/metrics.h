#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

// Numbers that a job measures. Each is declared here once: the tables, views, wire, listings and logs follow.

namespace spin {

enum class Metric : std::uint8_t {
  loss,
  top1,
  top5,
  params,
  flops,
  images_per_second,
  peak_bytes,
  seconds,
  data_seconds,
  forward_seconds,
  backward_seconds,
  step_seconds,
  evaluation_seconds,
  gradient_norm,
};

enum class Unit { none, percent, count, per_second, bytes, seconds };
constexpr bool is_whole(Unit unit) { return unit == Unit::count || unit == Unit::bytes; }
enum class Better { higher, lower, neither };

/// What a metric can be measured of.
enum MeasuredOf : unsigned {
  kEpoch = 1,      ///< an epoch that has ended
  kCompleted = 2,  ///< a job that trained to its end
  kDiverged = 4,   ///< a job whose loss was no longer finite
  kResult = kCompleted | kDiverged,
};

struct MetricFacts {
  Metric metric;
  std::string_view name;   ///< column, JSON key and name on the wire; ends with a NUL
  std::string_view title;  ///< as people read it; ends with a NUL
  Unit unit;
  Better better;
  unsigned measured_of;  ///< of MeasuredOf
  int rank;              ///< which column goes first where a terminal is too narrow: the highest; 0 stays
  std::string_view meaning;
};

/// In the order of Metric and of columns. A new one comes last, because databases gain its column at their
/// end; one that nobody measures any more stays.
inline constexpr std::array kMetrics = {
    MetricFacts{Metric::loss, "loss", "loss", Unit::none, Better::lower, kEpoch, 0,
                "mean loss over the training images of the epoch"},
    MetricFacts{Metric::top1, "top1", "top-1 %", Unit::percent, Better::higher, kEpoch | kCompleted, 0,
                "accuracy on the evaluation set; none for an epoch without an evaluation"},
    MetricFacts{Metric::top5, "top5", "top-5 %", Unit::percent, Better::higher, kEpoch | kCompleted, 3,
                "share of the evaluation set whose class is among the five likeliest"},
    MetricFacts{Metric::params, "params", "params", Unit::count, Better::lower, kResult, 1,
                "parameters of the folded network"},
    MetricFacts{Metric::flops, "flops", "FLOPs", Unit::count, Better::lower, kResult, 2,
                "multiply-accumulates of one image's forward pass, as the paper counts"},
    MetricFacts{Metric::images_per_second, "images_per_second", "images/s", Unit::per_second, Better::higher,
                kEpoch | kResult, 4, "training alone, without evaluation"},
    MetricFacts{Metric::peak_bytes, "peak_bytes", "memory", Unit::bytes, Better::lower, kResult, 3,
                "most resident memory of the trainer; 0 = not measured, as on a GPU"},
    MetricFacts{Metric::seconds, "seconds", "time", Unit::seconds, Better::lower, kEpoch | kResult, 2,
                "training and evaluation"},
    // Where these seconds went; none where it was not measured, as the arithmetic of a GPU, which runs on by
    // itself.
    MetricFacts{Metric::data_seconds, "data_seconds", "data", Unit::seconds, Better::lower, kEpoch, 6,
                "waiting for batches"},
    MetricFacts{Metric::forward_seconds, "forward_seconds", "forward", Unit::seconds, Better::lower, kEpoch,
                6, "forward passes with the loss"},
    MetricFacts{Metric::backward_seconds, "backward_seconds", "backward", Unit::seconds, Better::lower,
                kEpoch, 6, "backward passes"},
    MetricFacts{Metric::step_seconds, "step_seconds", "step", Unit::seconds, Better::lower, kEpoch, 6,
                "clipping, optimizer, averaged weights"},
    MetricFacts{Metric::evaluation_seconds, "evaluation_seconds", "evaluation", Unit::seconds, Better::lower,
                kEpoch, 5, "evaluation"},
    MetricFacts{Metric::gradient_norm, "gradient_norm", "gradient", Unit::none, Better::neither, kEpoch, 7,
                "2-norm of all gradients in the epoch's last step, before clipping"},
};
inline constexpr std::size_t kMetricCount = kMetrics.size();

constexpr const MetricFacts& facts_of(Metric metric) { return kMetrics[static_cast<std::size_t>(metric)]; }

/// What a metric can be: not below 0, and where it counts something whole and exact as a double.
constexpr bool is_possible(const MetricFacts& facts, double value) {
  constexpr double kMostExact = 9007199254740992;  // 2^53
  if (!(value >= 0)) return false;
  return !is_whole(facts.unit) ||
         (value <= kMostExact && value == static_cast<double>(static_cast<std::int64_t>(value)));
}
constexpr std::string_view possible_text(const MetricFacts& facts) {
  return is_whole(facts.unit) ? "a whole number from 0 to 2^53" : "a number of 0 or more";
}

constexpr std::optional<Metric> metric_named(std::string_view name) {
  for (const auto& facts : kMetrics)
    if (facts.name == name) return facts.metric;
  return std::nullopt;
}

static_assert([] {
  for (std::size_t i = 0; i < kMetricCount; ++i)
    if (static_cast<std::size_t>(kMetrics[i].metric) != i) return false;
  return true;
}());

/// What was measured, by metric. A number that is not finite counts as not measured.
class MetricValues {
 public:
  MetricValues() { values_.fill(kNone); }
  MetricValues(std::initializer_list<std::pair<Metric, double>> values) : MetricValues() {
    for (const auto& [metric, value] : values) set(metric, value);
  }

  std::optional<double> operator[](Metric metric) const {
    const double value = values_[static_cast<std::size_t>(metric)];
    return std::isnan(value) ? std::nullopt : std::optional(value);
  }
  void set(Metric metric, double value) {
    values_[static_cast<std::size_t>(metric)] = std::isfinite(value) ? value : kNone;
  }
  void clear(Metric metric) { values_[static_cast<std::size_t>(metric)] = kNone; }
  /// Those alone that can be measured of it (MeasuredOf).
  void keep(unsigned measured_of) {
    for (const auto& facts : kMetrics)
      if ((facts.measured_of & measured_of) == 0) clear(facts.metric);
  }
  /// each(facts, value) for what was measured.
  template <class Each>
  void visit(const Each& each) const {
    for (const auto& facts : kMetrics)
      if (const auto value = (*this)[facts.metric]) each(facts, *value);
  }
  bool operator==(const MetricValues& other) const {
    for (const auto& facts : kMetrics)
      if ((*this)[facts.metric] != other[facts.metric]) return false;
    return true;
  }

 private:
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::array<double, kMetricCount> values_;
};

}  // namespace spin
