#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "schema/sql/tables.h"
#include "server/store/database.h"

namespace spin {

/// What the first migration sets: "Spin".
inline constexpr std::int64_t kApplicationId = 0x5370696e;

/// Before anything is written: is this file ours, and do we know all that is in it? data_loss: another
/// program's. failed_precondition: another version of spin wrote it, which is named.
Status check_identity(Database& database);

/// Brings the database to the newest of `all`, each migration in a transaction of its own, where it is sound
/// (data_loss). They run with
/// foreign keys off, so that a table may be made anew under its old name; data_loss, and the migration is
/// undone, where a row then names one that is not there. Leaves foreign keys on.
Status migrate(Database& database, std::span<const Migration> all = migrations());

/// The statements that add the columns of metrics that the tables lack, and make anew the views whose texts
/// have changed; empty where there is nothing to do. Of a database with every migration.
Result<std::string> renewal(Database& database);

/// Migrates and renews.
Status bring_up_to_date(Database& database);

/// Names, in their order.
Result<std::vector<std::string>> columns_of(Database& database, std::string_view table);

}  // namespace spin
