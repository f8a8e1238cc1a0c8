#pragma once

#include <string>

#include "client/commands/control_client.h"

namespace spin::cli {

/// Whether a sweep or job for which the coordinator refused an action is already as the action would leave
/// it: with nothing that runs, for a pause; with nothing that is held, for a resume; cancelled; at work
/// again. False for one that is over where the action came too late (cancel, retry, priority), and where that
/// cannot be found out.
bool is_as_asked(ControlClient& client, const std::string& target, const steer::Action& action);

}  // namespace spin::cli
