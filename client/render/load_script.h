#pragma once

#include <string>

#include "schema/design/config.h"

namespace spin::render {

/// Python that reads a model.safetensors beside it and runs the network with torch alone.
std::string load_script(const Train& task);

}  // namespace spin::render
