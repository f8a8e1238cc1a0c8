#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "schema/job/query.h"
#include "server/store/query.h"

namespace spin {

/// run_query() with at most `max_rows` rows, 0 = as many as there may be; true: there are more.
Result<bool> run_limited_query(const std::filesystem::path& database, const std::string& sql,
                               QueryLimits limits, std::int64_t max_rows, QueryVisitor& visitor);

}  // namespace spin
