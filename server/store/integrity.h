#pragma once

#include <string>

#include "schema/base/result.h"
#include "server/store/database.h"

namespace spin {

/// What is wrong with the pages, rows, indexes or references of the database; empty where nothing is. Reads
/// all of it. An error only where it cannot be read for another reason than damage.
Result<std::string> find_damage(Database& database);
/// A table or index that is not as the migrations made it; empty where all are.
Result<std::string> find_changed_schema(Database& database);
/// A row that names one that is not there; empty where there is none.
Result<std::string> find_broken_reference(Database& database);

}  // namespace spin
