#include "schema/design/mapped_topology.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "schema/base/splitmix.h"

namespace spin {
namespace {

/// Layers that a mapping divides, and the single layers around them.
struct Section {
  int first = 0;
  int layers = 0;
  int groups = 0;
};

Section section_of(Distribution distribution, int depth, int groups) {
  const int side = groups / 4;
  const int half = groups / 2;
  switch (distribution) {
    case Distribution::uniform:
      break;
    case Distribution::front:
      return {0, depth - half, groups - half};
    case Distribution::middle:
      return {side, depth - 2 * side, groups - 2 * side};
    case Distribution::back:
      return {half, depth - half, groups - half};
  }
  return {0, depth, groups};
}

/// `sizes[g]` layers in group g, one group after the other.
std::vector<int> in_sequence(const std::vector<int>& sizes) {
  std::vector<int> labels;
  for (std::size_t group = 0; group < sizes.size(); ++group)
    labels.insert(labels.end(), static_cast<std::size_t>(sizes[group]), static_cast<int>(group));
  return labels;
}

std::vector<int> even_sizes(const Section& section) {
  std::vector<int> sizes(static_cast<std::size_t>(section.groups), section.layers / section.groups);
  for (int group = 0; group < section.layers % section.groups; ++group)
    ++sizes[static_cast<std::size_t>(group)];
  return sizes;
}

/// Groups of `rate` layers, the last one shorter.
std::vector<int> rate_sizes(int depth, int rate) {
  std::vector<int> sizes(static_cast<std::size_t>(depth / rate), rate);
  if (depth % rate != 0) sizes.push_back(depth % rate);
  return sizes;
}

std::vector<int> in_strides(const Section& section) {
  std::vector<int> labels(static_cast<std::size_t>(section.layers));
  for (int layer = 0; layer < section.layers; ++layer)
    labels[static_cast<std::size_t>(layer)] = layer % section.groups;
  return labels;
}

/// Fisher and Yates' shuffle, the same on every machine.
std::vector<int> shuffled(std::vector<int> labels, std::int64_t seed) {
  auto state = static_cast<std::uint64_t>(seed);
  for (std::size_t left = labels.size(); left > 1; --left) {
    std::swap(labels[left - 1], labels[splitmix64(state) % left]);  // the bias of % is below depth / 2^64
  }
  return labels;
}

std::vector<int> section_labels(const SharingRequest& request, const Section& section, bool whole) {
  const auto sizes = whole ? rate_sizes(section.layers, request.rate) : even_sizes(section);
  switch (request.mapping) {
    case Mapping::strided:
      return in_strides(section);
    case Mapping::pyramid:
      return in_sequence(pyramid_sizes(section.layers, section.groups));
    case Mapping::random:
      return shuffled(in_sequence(sizes), request.seed);
    case Mapping::none:
    case Mapping::sequential:
      break;
  }
  return in_sequence(sizes);
}

}  // namespace

std::vector<int> pyramid_sizes(int layers, int groups) {
  const int pairs = groups / 2;
  const bool has_centre = groups % 2 == 1;
  const std::int64_t excess = layers - groups;
  const std::int64_t parts = std::int64_t{pairs} * (pairs + 1) + (has_centre ? pairs + 1 : 0);

  // By distance from the ends; the centre group, if there is one, is the last.
  std::vector<int> sizes;
  std::vector<std::int64_t> remainders;
  for (int part = 1; part <= pairs + (has_centre ? 1 : 0); ++part) {
    sizes.push_back(1 + static_cast<int>(excess * part / parts));
    remainders.push_back(excess * part % parts);
  }
  int left = layers;
  for (int pair = 0; pair < pairs; ++pair) left -= 2 * sizes[static_cast<std::size_t>(pair)];
  if (has_centre) left -= sizes.back();

  if (has_centre && left > 0) {
    const bool level = pairs > 0 && sizes.back() == sizes[sizes.size() - 2];
    const int taken = left % 2 == 1 ? 1 : (level ? 2 : 0);
    sizes.back() += taken;
    left -= taken;
  }
  std::vector<std::size_t> order(static_cast<std::size_t>(pairs));
  std::iota(order.rbegin(), order.rend(),
            std::size_t{0});  // of equal remainders, the one nearer to the centre
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (std::size_t next = 0; left >= 2; ++next, left -= 2) ++sizes[order[next]];

  std::vector<int> all(sizes);
  all.insert(all.end(), sizes.rbegin() + (has_centre ? 1 : 0), sizes.rend());
  all[static_cast<std::size_t>(pairs)] += left;
  return all;
}

Topology mapped_topology(const SharingRequest& request, int depth) {
  const int groups = (depth + request.rate - 1) / request.rate;
  const bool pyramid = request.mapping == Mapping::pyramid;
  const auto distribution =
      pyramid && request.distribution == Distribution::uniform ? Distribution::middle : request.distribution;
  const auto section = section_of(distribution, depth, groups);

  std::vector<int> labels(static_cast<std::size_t>(depth));
  std::iota(labels.begin(), labels.end(), depth);  // single layers: labels that no group of the section has
  const auto shared = section_labels(request, section, distribution == Distribution::uniform);
  std::copy(shared.begin(), shared.end(), labels.begin() + section.first);
  return Topology::from_labels(labels);
}

}  // namespace spin
