#pragma once

#include <string>

#include "schema/base/result.h"
#include "schema/job/upkeep.h"
#include "server/store/database.h"
#include "server/store/doctor.h"

// The checks of examine(). An error says why the check could not be made.

namespace spin::doctor {

// database
Result<CheckRow> check_versions(Database& database);
Result<CheckRow> check_integrity(Database& database);
Result<CheckRow> check_clock(Database& database, std::int64_t now_ms);
/// That the results of each data set rest on the same data.
Result<CheckRow> check_data(Database& database);
// artifacts
Result<CheckRow> check_artifacts(Database& database, const DoctorInput& input);
Result<CheckRow> check_strays(Database& database, const DoctorInput& input);
Result<CheckRow> check_uploads(const DoctorInput& input);
// host
Result<CheckRow> check_log(const DoctorInput& input);
Result<CheckRow> check_room(const DoctorInput& input);
Result<CheckRow> check_permissions(const DoctorInput& input);

/// "1 file", "3 files".
std::string counted(std::int64_t count, const std::string& noun);
/// "12.3 MiB".
std::string readable_bytes(std::uint64_t bytes);

}  // namespace spin::doctor
