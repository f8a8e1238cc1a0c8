#pragma once

#include <string_view>

namespace spin {

/// Whether an entry of a folder belongs to a file system, a desktop, a NAS or a tool rather than to the data
/// set: hidden names, and those that such programs are known to leave in folders of other people.
bool is_system_name(std::string_view name);

}  // namespace spin
