#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "schema/base/result.h"
#include "schema/design/config.h"
#include "worker/trainer/runtime.h"

namespace spin {

/// Takes the training batches of the job's first epoch and does nothing with them: {"images", "seconds",
/// "images_per_second", "threads", "damaged"}, the last being how many images were passed over. `folder` as
/// for DataStore::load. The errors of loading; invalid_argument where the images do not fill a batch.
Result<nlohmann::json> measure_data(Train config, const std::string& folder, const Runtime& runtime);

}  // namespace spin
