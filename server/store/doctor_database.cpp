#include <algorithm>
#include <ctime>

#include <sqlite3.h>

#include "schema/base/version.h"
#include "schema/sql/tables.h"
#include "server/store/doctor_checks.h"
#include "server/store/integrity.h"
#include "server/store/migrate.h"

namespace spin::doctor {
namespace {

/// Clocks of hosts that agree differ by less.
constexpr std::int64_t kClockToleranceMs = 5 * 60 * 1000;

constexpr char kWrittenBy[] = "SELECT coalesce((SELECT value FROM meta WHERE key = 'version'), 'unknown')";
constexpr char kBootEpoch[] = "SELECT value FROM meta WHERE key = 'boot_epoch'";
constexpr char kLastTimeMs[] =
    "SELECT max(coalesce((SELECT max(submitted_at_ms) FROM sweep), 0),"
    " coalesce((SELECT max(last_seen_ms) FROM worker), 0),"
    " coalesce((SELECT max(max(started_at_ms, coalesce(ended_at_ms, 0))) FROM attempt), 0),"
    " coalesce((SELECT max(finished_at_ms) FROM result), 0))";

std::string utc(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  char text[32] = {};
  if (::gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return std::to_string(ms) + " ms";
  }
  return text;
}

}  // namespace

Result<CheckRow> check_integrity(Database& database) {
  SPIN_ASSIGN(const auto damage, find_damage(database));
  if (damage.empty()) return CheckRow{"", CheckState::ok, "every page, index and reference is whole", ""};
  return CheckRow{
      "", CheckState::failed, damage,
      "stop spind, keep the database and its -wal file, and restore a backup: spind restore BACKUP --db "
      "PATH --replace"};
}

Result<CheckRow> check_versions(Database& database) {
  SPIN_TRY(check_identity(database));
  SPIN_ASSIGN(const auto schema, database.integer("PRAGMA user_version"));
  SPIN_ASSIGN(const auto writer, database.text(kWrittenBy));
  const auto known = static_cast<std::int64_t>(migrations().size());
  CheckRow result{"", CheckState::ok,
                  "spin " + std::string(kVersion) + ", schema " + std::to_string(schema) + " of " +
                      std::to_string(known) + ", migrated by spin " + writer + ", SQLite " +
                      sqlite3_libversion(),
                  ""};
  if (schema < known) {
    result.state = CheckState::warning;
    result.advice = "the next start of spind brings the database to schema " + std::to_string(known) +
                    "; make a backup before";
  }
  return result;
}

Result<CheckRow> check_clock(Database& database, std::int64_t now_ms) {
  SPIN_ASSIGN(const auto boot_epoch, database.integer(kBootEpoch));
  SPIN_ASSIGN(const auto last_ms, database.integer(kLastTimeMs));
  // The boot epoch is the Unix time of a start in seconds, or more.
  const auto newest_ms = std::max(last_ms, boot_epoch * 1000);
  if (newest_ms <= now_ms + kClockToleranceMs) {
    return CheckRow{"", CheckState::ok,
                    "it is " + utc(now_ms) + ", the newest time stored is " + utc(newest_ms), ""};
  }
  return CheckRow{"", CheckState::warning,
                  "it is " + utc(now_ms) + ", but the database knows the time " + utc(newest_ms),
                  "set the clock of this host; leases do not depend on it, times in results do"};
}

}  // namespace spin::doctor
