#pragma once

#include <filesystem>
#include <string>

#include "schema/base/result.h"

namespace spin {

/// The file of the running program, also where it was started through the dynamic loader, which
/// /proc/self/exe names then; empty where nothing tells.
std::filesystem::path program_path();

/// The program of this name beside our own, else in $PATH; not_found where it is in neither.
Result<std::string> find_program(const std::string& name);

}  // namespace spin
