#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/enum_set.h"
#include "schema/base/result.h"

namespace spin {

enum class Mapping { none, sequential, strided, pyramid, random };
enum class Distribution { uniform, front, middle, back };

/// Parts of a block whose weights a group may share (SPIN, Table 9).
enum class Component : std::uint8_t { pointwise, depthwise, bias, bn, norm, attention, token_mixing, mlp };
using Components = EnumSet<Component>;

/// Which weight group each layer uses: element i is the group of layer i, labels in order of first appearance
/// (0, 1, ...), so that equal topologies are equal vectors.
class Topology {
 public:
  /// Every layer on its own.
  static Topology unshared(int depth);
  /// Any labels; they are renamed by first appearance.
  static Topology from_labels(const std::vector<int>& labels);

  [[nodiscard]] const std::vector<int>& layers() const { return layers_; }
  [[nodiscard]] int depth() const { return static_cast<int>(layers_.size()); }
  [[nodiscard]] int group_count() const { return group_count_; }
  [[nodiscard]] bool is_unshared() const { return group_count_ == depth(); }
  /// True for the first layer of its group.
  [[nodiscard]] bool is_first(int layer) const;
  /// Layers of each group, ascending.
  [[nodiscard]] std::vector<std::vector<int>> groups() const;
  bool operator==(const Topology&) const = default;

 private:
  std::vector<int> layers_;
  int group_count_ = 0;
};

/// How a person asks for a topology. Exactly one of {mapping and rate, groups, layers} decides.
struct SharingRequest {
  Mapping mapping = Mapping::none;
  Distribution distribution = Distribution::uniform;
  int rate = 1;                                 ///< layers per group over the whole network, 1..depth
  std::int64_t seed = 0;                        ///< of the random mapping
  std::optional<std::string> groups = {};       ///< "4x1 1x2": N groups of S layers, in order
  std::optional<std::vector<int>> layers = {};  ///< the vector itself
  bool operator==(const SharingRequest&) const = default;
};

/// The topology that a request names; invalid_argument says what would do. Any mapping at rate r gives
/// ceil(depth / r) groups. What the mappings and distributions mean: mapped_topology.h.
Result<Topology> build_topology(const SharingRequest& request, int depth);

/// "none", "sequential 2", "strided 4 front", "random 2 seed 5", "groups 4x1 1x2", "layers" for listings.
std::string sharing_label(const SharingRequest& request);

}  // namespace spin
