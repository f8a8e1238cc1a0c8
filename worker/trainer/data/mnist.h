#pragma once

#include <filesystem>

#include "schema/base/result.h"
#include "schema/design/dataset.h"
#include "worker/trainer/data/split_bytes.h"

namespace spin {

/// One split of MNIST or Fashion-MNIST from its two IDX files. data_loss where a file is damaged, a label is
/// out of range, the images are of another size than `facts` says, or the two files do not fit together.
Result<SplitBytes> read_mnist(const std::filesystem::path& images, const std::filesystem::path& labels,
                              const DatasetFacts& facts);

}  // namespace spin
