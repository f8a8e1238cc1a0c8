#pragma once

#include <filesystem>
#include <vector>

#include "schema/base/result.h"
#include "schema/design/dataset.h"
#include "worker/trainer/data/split_bytes.h"

namespace spin {

/// Bytes before the pixels of an image: CIFAR-10 has its label there, CIFAR-100 the coarse label and then the
/// fine one, which is the one that counts.
enum class CifarLabels { one = 1, coarse_and_fine = 2 };

/// One split of CIFAR-10 or CIFAR-100 from the files of its binary version, one after the other (Krizhevsky,
/// 2009: records of the labels and 3 x 32 x 32 bytes, red plane first). data_loss where a file is no whole
/// number of records or a label is out of range.
Result<SplitBytes> read_cifar(const std::vector<std::filesystem::path>& files, CifarLabels labels,
                              const DatasetFacts& facts);

}  // namespace spin
