#include "server/store/migrate.h"

#include <string>

#include "schema/base/version.h"
#include "server/store/database_files.h"
#include "server/store/integrity.h"

namespace spin {
namespace {

constexpr char kSelectVersion[] = "SELECT value FROM meta WHERE key = 'version'";
constexpr char kSetVersion[] =
    "INSERT INTO meta (key, value) VALUES ('version', ?1) ON CONFLICT (key) DO UPDATE SET value = "
    "excluded.value";
Status check_references(Database& database, const Migration& migration) {
  SPIN_ASSIGN(const auto broken, find_broken_reference(database));
  if (broken.empty()) return {};
  return damaged(database.path(), "was not migrated: " + broken + " after migration " +
                                      std::string(migration.name) + ", which was undone");
}

Status apply(Database& database, const Migration& migration, std::int64_t number) {
  SPIN_ASSIGN(auto transaction, Transaction::begin(database, Transaction::Kind::write));
  SPIN_TRY(database.run(std::string(migration.sql)));
  SPIN_TRY(check_references(database, migration));
  SPIN_TRY(database.run("PRAGMA user_version = " + std::to_string(number)));
  {
    SPIN_ASSIGN(auto set_version, database.prepare(kSetVersion));
    SPIN_TRY(set_version.run(kVersion));
  }
  return transaction.commit();
}

}  // namespace

Status check_identity(Database& database) {
  SPIN_ASSIGN(const auto application, database.integer("PRAGMA application_id"));
  if (application != kApplicationId) {
    return Error{ErrorCode::data_loss,
                 "database " + database.path().string() +
                     " belongs to another program; give the path of a database of spin, or of " +
                     "a file that does not exist yet"};
  }
  SPIN_ASSIGN(const auto version, database.integer("PRAGMA user_version"));
  const auto known = static_cast<std::int64_t>(migrations().size());
  if (version <= known) return {};
  const auto writer = database.text(kSelectVersion);
  return Error{ErrorCode::failed_precondition,
               "database " + database.path().string() + " has schema version " + std::to_string(version) +
                   ", this spin " + std::string(kVersion) + " knows up to " + std::to_string(known) +
                   "; use spin " + (writer.ok() ? *writer : "of the version that wrote it") + " or newer"};
}

Status migrate(Database& database, std::span<const Migration> all) {
  SPIN_TRY(database.run("PRAGMA foreign_keys = OFF"));
  SPIN_ASSIGN(const auto version, database.integer("PRAGMA user_version"));
  for (auto next = static_cast<std::size_t>(version); next < all.size(); ++next) {
    SPIN_TRY(apply(database, all[next], static_cast<std::int64_t>(next) + 1));
  }
  return database.run("PRAGMA foreign_keys = ON");
}

}  // namespace spin
