#pragma once

#include <string>
#include <string_view>

namespace spin {

/// The path that a request asks for: without scheme and host, as proxies send them, without query and
/// fragment, and without slashes at its end. "/" stays "/".
std::string path_of_target(std::string_view target);

}  // namespace spin
