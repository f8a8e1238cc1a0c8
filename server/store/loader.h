#pragma once

#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/database.h"

namespace spin {

/// Everything that the core needs to go on. data_loss where rows name what is not there.
Status load_state(Database& database, core::StoredSink& sink);

}  // namespace spin
