#include "worker/trainer/data/synthetic.h"

#include <array>

#include "worker/trainer/random.h"

namespace spin {
namespace {

constexpr int kGrid = 4;
constexpr int kMiddle = 128;
constexpr int kPatternRange = 64;  // levels on either side of the middle
// Counters that name the streams: a pattern has its own, never that of an image.
constexpr std::int64_t kPatterns = 0;
constexpr std::int64_t kTrainImages = 1;
constexpr std::int64_t kEvalImages = 2;

using Pattern = std::array<double, kGrid * kGrid * 3>;

/// [4, 4, 3], levels around 0.
Pattern class_pattern(std::int64_t label) {
  Random random(0, RandomUse::synthetic, kPatterns, label);
  Pattern pattern;
  for (auto& value : pattern) value = random.uniform(-kPatternRange, kPatternRange);
  return pattern;
}

/// Patch of each position along a side.
std::vector<int> patches(int resolution) {
  std::vector<int> patch(static_cast<std::size_t>(resolution));
  for (int i = 0; i < resolution; ++i) patch[static_cast<std::size_t>(i)] = i * kGrid / resolution;
  return patch;
}

/// Appends [resolution, resolution, 3].
void append_image(std::int64_t label, int classes, const std::vector<int>& patch, Random& random,
                  std::vector<std::uint8_t>& pixels) {
  const double share = random.uniform(0.4, 1);
  const auto other = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(classes)));
  auto blend = class_pattern(label);
  const auto distraction = class_pattern(other);
  std::array<int, kGrid * kGrid * 3> levels{};
  for (std::size_t i = 0; i < blend.size(); ++i)
    levels[i] = kMiddle + static_cast<int>(share * blend[i] + (1 - share) * distraction[i]);
  for (const int row : patch)
    for (const int column : patch) {
      auto bits = random.next();
      for (int channel = 0; channel < 3; ++channel, bits >>= 14) {
        // The sum of two numbers of 7 bits less their mean: -127 to 127, small values likelier; halved.
        const int noise = (static_cast<int>(bits & 127) + static_cast<int>(bits >> 7 & 127) - 127) / 2;
        const auto level = levels[static_cast<std::size_t>((row * kGrid + column) * 3 + channel)];
        pixels.push_back(static_cast<std::uint8_t>(level + noise));
      }
    }
}

}  // namespace

SplitBytes synthetic_split(const DatasetFacts& facts, SplitKind kind, std::int64_t count,
                           const std::stop_token& stop) {
  SplitBytes split{facts.resolution, facts.resolution, 3, {}, {}};
  if (stop.stop_requested()) return split;
  const auto patch = patches(facts.resolution);
  split.labels.reserve(static_cast<std::size_t>(count));
  split.pixels.reserve(static_cast<std::size_t>(count) * patch.size() * patch.size() * 3);
  const auto images = kind == SplitKind::train ? kTrainImages : kEvalImages;
  for (std::int64_t i = 0; i < count && !stop.stop_requested(); ++i) {
    Random random(0, RandomUse::synthetic, images, i);
    split.labels.push_back(i % facts.classes);
    append_image(split.labels.back(), facts.classes, patch, random, split.pixels);
  }
  return split;
}

}  // namespace spin
