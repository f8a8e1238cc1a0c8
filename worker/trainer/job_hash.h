#pragma once

#include <string>

#include "schema/design/task.h"

namespace spin {

/// Refuses a canonical configuration that is not the one of the hash in its job file: a program between the
/// plan and here has changed one of them.
Status check_job_hash(const std::string& hash, const Task& task);

}  // namespace spin
