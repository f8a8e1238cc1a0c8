#include <algorithm>
#include <numeric>

#include "schema/design/sharing.h"

namespace spin {

Topology Topology::unshared(int depth) {
  Topology topology;
  topology.layers_.resize(static_cast<std::size_t>(depth));
  std::iota(topology.layers_.begin(), topology.layers_.end(), 0);
  topology.group_count_ = depth;
  return topology;
}

Topology Topology::from_labels(const std::vector<int>& labels) {
  std::vector<int> sorted = labels;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::vector<int> renamed(sorted.size(), -1);

  Topology topology;
  topology.layers_.reserve(labels.size());
  for (const int label : labels) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), label) - sorted.begin();
    int& group = renamed[static_cast<std::size_t>(at)];
    if (group < 0) group = topology.group_count_++;
    topology.layers_.push_back(group);
  }
  return topology;
}

bool Topology::is_first(int layer) const {
  const auto here = layers_.begin() + layer;
  return std::find(layers_.begin(), here, *here) == here;
}

std::vector<std::vector<int>> Topology::groups() const {
  std::vector<std::vector<int>> groups(static_cast<std::size_t>(group_count_));
  for (int layer = 0; layer < depth(); ++layer)
    groups[static_cast<std::size_t>(layers_[static_cast<std::size_t>(layer)])].push_back(layer);
  return groups;
}

}  // namespace spin
