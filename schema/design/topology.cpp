#include <algorithm>
#include <charconv>
#include <numeric>
#include <sstream>

#include "schema/design/names.h"
#include "schema/design/sharing.h"

namespace spin {
namespace {

/// "4x1": N groups of S layers.
struct GroupRun {
  int groups = 0;
  int layers = 0;
};

std::optional<GroupRun> parse_run(const std::string& token) {
  GroupRun run;
  const char* end = token.data() + token.size();
  const auto [cross, first_error] = std::from_chars(token.data(), end, run.groups);
  if (first_error != std::errc{} || cross == end || *cross != 'x') return std::nullopt;
  const auto [rest, second_error] = std::from_chars(cross + 1, end, run.layers);
  if (second_error != std::errc{} || rest != end || run.groups < 1 || run.layers < 1) return std::nullopt;
  return run;
}

Error not_supported(std::string_view path, std::string_view value) {
  return {ErrorCode::unsupported, "not supported yet: " + std::string(path) + " " + std::string(value)};
}

Result<Topology> topology_from_layers(const std::vector<int>& layers, int depth) {
  if (static_cast<int>(layers.size()) != depth)
    return Error{ErrorCode::invalid_argument, "sharing.layers: names a group for " +
                                                  std::to_string(layers.size()) +
                                                  " layers, but the network has " + std::to_string(depth) +
                                                  "; give one group for each layer"};
  return Topology::from_labels(layers);
}

}  // namespace

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

Topology sequential_topology(int depth, int rate) {
  std::vector<int> labels(static_cast<std::size_t>(depth));
  for (int layer = 0; layer < depth; ++layer) labels[static_cast<std::size_t>(layer)] = layer / rate;
  return Topology::from_labels(labels);
}

Topology strided_topology(int depth, int rate) {
  const int groups = (depth + rate - 1) / rate;
  std::vector<int> labels(static_cast<std::size_t>(depth));
  for (int layer = 0; layer < depth; ++layer) labels[static_cast<std::size_t>(layer)] = layer % groups;
  return Topology::from_labels(labels);
}

Result<Topology> topology_from_groups(const std::string& notation, int depth) {
  std::vector<int> labels;
  int group = 0;
  std::int64_t covered = 0;
  std::istringstream tokens(notation);
  for (std::string token; tokens >> token;) {
    const auto run = parse_run(token);
    if (!run)
      return Error{ErrorCode::invalid_argument,
                   "sharing.groups: '" + token + "' is not NxS, N groups of S layers, such as 4x2"};
    covered += static_cast<std::int64_t>(run->groups) * run->layers;
    if (covered > depth) break;
    for (int i = 0; i < run->groups; ++i, ++group)
      labels.insert(labels.end(), static_cast<std::size_t>(run->layers), group);
  }
  if (covered != depth)
    return Error{ErrorCode::invalid_argument,
                 "sharing.groups: '" + notation + "' covers " + (covered > depth ? "more than " : "only ") +
                     std::to_string(covered > depth ? depth : covered) + " layers, but the network has " +
                     std::to_string(depth) + "; the products NxS must add up to the depth"};
  return Topology::from_labels(labels);
}

Result<Topology> build_topology(const SharingRequest& request, int depth, std::int64_t /*seed*/) {
  if (request.groups) return topology_from_groups(*request.groups, depth);
  if (request.layers) return topology_from_layers(*request.layers, depth);
  if (request.mapping == Mapping::none) return Topology::unshared(depth);
  if (request.rate < 1 || request.rate > depth)
    return Error{ErrorCode::invalid_argument, "sharing.rate: " + std::to_string(request.rate) +
                                                  (request.rate < 1 ? " is below 1" : " is above the depth") +
                                                  "; a network of " + std::to_string(depth) +
                                                  " layers takes a rate from 1 to " + std::to_string(depth)};
  if (request.rate == 1) return Topology::unshared(depth);
  if (request.distribution != Distribution::uniform)
    return not_supported("sharing.distribution", enum_name(request.distribution));
  switch (request.mapping) {
    case Mapping::sequential:
      return sequential_topology(depth, request.rate);
    case Mapping::strided:
      return strided_topology(depth, request.rate);
    default:
      return not_supported("sharing.mapping", enum_name(request.mapping));
  }
}

}  // namespace spin
