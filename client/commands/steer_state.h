#pragma once

#include <string>

#include "client/commands/control_client.h"

namespace spin::cli {

/// Whether a sweep or job for which the coordinator refused an action is already as the action would leave
/// it: paused, running, cancelled, at work again. False for one that is over, so that the action came too
/// late, and where that cannot be found out.
bool is_as_asked(ControlClient& client, const std::string& target, const steer::Action& action);

}  // namespace spin::cli
