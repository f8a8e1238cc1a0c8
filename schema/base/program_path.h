#pragma once

#include <filesystem>

namespace spin {

/// The file of the running program, also where it was started through the dynamic loader, which
/// /proc/self/exe names then; empty where nothing tells.
std::filesystem::path program_path();

}  // namespace spin
