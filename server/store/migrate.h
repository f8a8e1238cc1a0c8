#pragma once

#include <cstdint>
#include <span>

#include "schema/base/result.h"
#include "schema/sql/migrations.h"
#include "server/store/database.h"

namespace spin {

/// What the first migration sets: "SPIN".
inline constexpr std::int64_t kApplicationId = 0x5350494e;

/// Before anything is written: is this file ours, and do we know all that is in it? data_loss: another
/// program's. failed_precondition: a newer spin wrote it.
Status check_identity(Database& database);

/// Brings the database to the newest of `all`, each migration in a transaction of its own. They run with
/// foreign keys off, so that a table may be made anew under its old name; data_loss, and the migration is
/// undone, where a row then names one that is not there. Leaves foreign keys on.
Status migrate(Database& database, std::span<const Migration> all = migrations());

}  // namespace spin
