#pragma once

#include <nlohmann/json.hpp>

namespace spin {

/// What this process can train on: {"libtorch": TEXT, "cuda": BOOL, "devices": [{"device": "cpu" | "cuda:K",
/// "name": TEXT, "memory_bytes": N, ...}]}; memory_bytes is 0 where nobody tells.
nlohmann::json describe_devices();

}  // namespace spin
