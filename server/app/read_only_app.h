#pragma once

#include <memory>

#include "server/app/app.h"

namespace spin {

/// Serves what can be read of a database that no other spind serves, and changes nothing: no start is
/// counted, no migration is made, no job is handed out. Errors as open_read_only(), and of the addresses as
/// App::start().
Result<std::unique_ptr<App>> start_read_only(const AppOptions& options);

}  // namespace spin
