#pragma once

#include <cstdint>
#include <stop_token>

#include "schema/design/dataset.h"
#include "worker/trainer/data/split_bytes.h"

namespace spin {

enum class SplitKind { train, eval };

/// The first `count` images of a split of the synthetic data set, facts.resolution squared: the same for
/// every job and machine. Image i has label i modulo classes; it shows the pattern of its class, a grid of 4
/// x 4 patches of colour, blended with a random other class's (whose share is at most 0.6, so that some
/// images are beyond any classifier), under noise that is as strong as the pattern. Fewer where it is to
/// stop.
SplitBytes synthetic_split(const DatasetFacts& facts, SplitKind kind, std::int64_t count,
                           const std::stop_token& stop = {});

}  // namespace spin
