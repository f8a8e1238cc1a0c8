#include <charconv>
#include <sstream>

#include "schema/design/mapped_topology.h"
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

Result<Topology> topology_from_layers(const std::vector<int>& layers, int depth) {
  if (static_cast<int>(layers.size()) != depth)
    return Error{ErrorCode::invalid_argument, "sharing.layers: names a group for " +
                                                  std::to_string(layers.size()) +
                                                  " layers, but the network has " + std::to_string(depth) +
                                                  "; give one group for each layer"};
  return Topology::from_labels(layers);
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

}  // namespace

Result<Topology> build_topology(const SharingRequest& request, int depth) {
  if (request.groups) return topology_from_groups(*request.groups, depth);
  if (request.layers) return topology_from_layers(*request.layers, depth);
  if (request.mapping == Mapping::none) return Topology::unshared(depth);
  if (request.rate < 1 || request.rate > depth)
    return Error{ErrorCode::invalid_argument, "sharing.rate: " + std::to_string(request.rate) +
                                                  (request.rate < 1 ? " is below 1" : " is above the depth") +
                                                  "; a network of " + std::to_string(depth) +
                                                  " layers takes a rate from 1 to " + std::to_string(depth)};
  return mapped_topology(request, depth);
}

}  // namespace spin
