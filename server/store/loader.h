#pragma once

#include <functional>

#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/database.h"

namespace spin {

/// Everything that the core needs to go on. data_loss where rows name what is not there, or stand in another
/// order than they can. `check` says whether the file is sound; it is asked before damage could cost much.
Status load_state(Database& database, core::StoredSink& sink, const std::function<Status()>& check);

}  // namespace spin
