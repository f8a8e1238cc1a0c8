#pragma once

#include <string>

#include "server/core/events.h"

namespace spin::core {

/// One line for people who look into a history.
std::string describe(const Event& event);
std::string describe(const Message& message);

}  // namespace spin::core
