#pragma once

#include <filesystem>
#include <stop_token>

#include "schema/base/result.h"
#include "schema/design/dataset.h"

namespace spin {

/// The state of the data set's files: of `folder`, which was named on this host, or where the data set says.
/// The fingerprint is over the names, sizes and contents of the files of a named set, unpacked, and over the
/// paths below their split and the sizes of the images of a folder, of which none is opened; above
/// kSizedImages it asks every n-th image for its size. It is the same wherever the files lie, and covers all
/// of them whatever the limits. Empty for synthetic. not_found where the files are not on this host; other
/// errors of who reads them; failed_precondition where it is to stop.
Result<DataState> data_state(const Dataset& dataset, const std::filesystem::path& folder,
                             const std::stop_token& stop = {});

inline constexpr std::size_t kSizedImages = 200'000;

}  // namespace spin
