#include "schema/design/config.h"

namespace spin {

Status check_supported(const JobConfig&) { return {}; }

}  // namespace spin
