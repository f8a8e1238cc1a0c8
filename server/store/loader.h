#pragma once

#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/database.h"

namespace spin {

/// Everything that the core needs to go on, but the boot epoch.
Result<core::StoredState> load_state(Database& database);

}  // namespace spin
