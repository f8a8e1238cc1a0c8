#pragma once

#include "schema/design/sharing.h"

namespace spin {

/// The topology of a mapping, a distribution and a rate from 1 to `depth` (SPIN, Section 3.2 and Table 1).
///
/// The groups are P = ceil(depth / rate). A mapping divides a section of the network among its groups:
/// - sequential: neighbours share; the section is cut into groups as even as can be. Over the whole network
///   each group has `rate` layers and the last one what is left.
/// - strided: the sequence of the groups, repeated.
/// - pyramid: neighbours share, the more the nearer to the centre; pyramid_sizes() is the rule.
/// - random: the sequential mapping, its layers shuffled by the seed.
///
/// A distribution says what the section is. uniform: the whole network. Else half of the groups are single
/// layers outside it, so that the section shares at 2 * rate - 1 where that is whole, and the overall rate
/// stays: front puts the section first, back last, middle between equally many single layers (P / 4 rounded
/// down on each side). A pyramid leaves the ends of the network alone by nature: uniform means middle.
Topology mapped_topology(const SharingRequest& request, int depth);

/// Layers of each of `groups` groups over `layers` >= groups layers, symmetric and never fewer toward the
/// centre. Each group has one layer; what is more is shared out in proportion to 1, 2, 3, ... from both ends,
/// by largest remainders, the two mirrored groups together; a centre group takes one where an odd number is
/// left over, and two where its neighbours could else outgrow it. Where an even number of groups meets an odd
/// number of layers, the later of the two middle groups takes the one over.
/// 24 layers in 8 groups: 2 3 3 4 4 3 3 2, the centre of the paper's row 4x1 1x2 2x3 2x4 2x3 1x2 4x1.
std::vector<int> pyramid_sizes(int layers, int groups);

}  // namespace spin
