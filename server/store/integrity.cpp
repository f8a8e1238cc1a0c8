#include "server/store/integrity.h"

#include <sqlite3.h>

namespace spin {
namespace {

constexpr char kBrokenReference[] = "SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1";

Result<std::string> find_broken_page(Database& database) {
  const auto answer = database.text("PRAGMA integrity_check(1)");
  if (answer.ok()) return *answer == "ok" ? std::string() : *answer;
  if (answer.error().code != ErrorCode::data_loss) return answer.error();
  return std::string(sqlite3_errmsg(database.handle()));
}

}  // namespace

Result<std::string> find_damage(Database& database) {
  SPIN_ASSIGN(auto damage, find_broken_page(database));
  if (!damage.empty()) return damage;
  return find_broken_reference(database);
}

Result<std::string> find_broken_reference(Database& database) {
  SPIN_ASSIGN(auto broken, database.prepare(kBrokenReference));
  auto rows = broken.query();
  if (rows.next()) {
    return "a row of table " + rows.text(0) + " names a row of table " + rows.text(1) + " that is not there";
  }
  SPIN_TRY(rows.status());
  return std::string();
}

}  // namespace spin
