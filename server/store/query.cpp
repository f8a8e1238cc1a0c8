#include "server/store/query.h"

#include <array>
#include <functional>
#include <string_view>
#include <utility>

#include <sqlite3.h>

#include "schema/base/hex.h"
#include "server/store/database.h"
#include "server/store/query_budget.h"

namespace spin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kTables[] =
    "SELECT group_concat(name, ', ') FROM"
    " (SELECT name FROM sqlite_schema WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite%'"
    " ORDER BY type DESC, name)";
/// Of the views and tables whose names appear in the statement ?1.
constexpr char kColumns[] =
    "SELECT group_concat(line, '; ') FROM (SELECT t.name || ' has ' || group_concat(c.name, ', ') AS line"
    " FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type IN ('view', 'table')"
    " AND ' ' || lower(?1) || ' ' GLOB '*[^a-z_]' || t.name || '[^a-z_]*' GROUP BY t.name ORDER BY t.name)";
// What does not fit into it, as of a large ORDER BY, goes to a temporary file.
constexpr char kCache[] = "PRAGMA cache_size = -4096";

/// What a statement may be and make, so that none keeps SQLite busy before it asks whether to go on, and no
/// value is larger than an answer may be.
constexpr std::array<std::pair<int, int>, 7> kEngineLimits = {{{SQLITE_LIMIT_LENGTH, 16 << 20},
                                                               {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200},
                                                               {SQLITE_LIMIT_SQL_LENGTH, 100'000},
                                                               {SQLITE_LIMIT_EXPR_DEPTH, 200},
                                                               {SQLITE_LIMIT_COMPOUND_SELECT, 100},
                                                               {SQLITE_LIMIT_COLUMN, 500},
                                                               {SQLITE_LIMIT_ATTACHED, 0}}};

/// SQLite's authorizer: what a statement that only reads consists of.
int authorize(void*, int action, const char* first, const char*, const char*, const char*) {
  switch (action) {
    case SQLITE_UPDATE:  // pragma_table_info() declares itself so; on a connection that reads, nothing comes
                         // of it
      return std::string_view(first) == "sqlite_master" ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:  // load_extension() is switched off in SQLite itself, and no other one of them
                           // writes
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_PRAGMA:
      return std::string_view(first) == "table_info" ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

QueryValue value_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return QueryBlob{to_hex({bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))})};
    }
    default:
      return std::monostate{};
  }
}

std::int64_t bytes_of(const QueryValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return std::ssize(*text);
  if (const auto* blob = std::get_if<QueryBlob>(&value)) return std::ssize(blob->hex);
  return 8;
}

Error wrong(const std::string& what) { return Error{ErrorCode::invalid_argument, "query: " + what}; }

class Query {
 public:
  Query(Database& database, const QueryBudget& budget, const std::string& sql, const QueryLimits& limits,
        QueryVisitor& visitor)
      : database_(database), budget_(budget), sql_(sql), limits_(limits), visitor_(visitor) {}
  ~Query() { sqlite3_finalize(statement_); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Status run() {
    restrict();
    database_.ask_meanwhile(&go_on_);
    SPIN_TRY(prepare());
    std::vector<std::string> names;
    for (int i = 0; i < sqlite3_column_count(statement_); ++i)
      names.emplace_back(sqlite3_column_name(statement_, i));
    visitor_.columns(std::move(names));
    for (;;) {
      const int code = sqlite3_step(statement_);
      if (code == SQLITE_DONE) return {};
      if (code != SQLITE_ROW) return failure(code);
      SPIN_TRY(hand_out());
    }
  }

 private:
  void restrict() {
    auto* handle = database_.handle();
    for (const auto& [limit, value] : kEngineLimits) sqlite3_limit(handle, limit, value);
    // A damaged or hostile schema can call no function behind a view's back.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_set_authorizer(handle, authorize, nullptr);
  }

  Status prepare() {
    const char* rest = nullptr;
    SPIN_TRY(prepare_next(sql_.c_str(), statement_, rest));
    if (statement_ == nullptr) return wrong("there is no statement; a SELECT is accepted");
    if (!sqlite3_stmt_readonly(statement_) || sqlite3_column_count(statement_) == 0) {
      return wrong("only SELECT, WITH, VALUES and EXPLAIN are accepted");
    }
    sqlite3_stmt* second = nullptr;
    const auto status = prepare_next(rest, second, rest);
    const bool more = second != nullptr || !status.ok();
    sqlite3_finalize(second);
    return more ? wrong("one statement at a time is accepted; there is a second one") : Status();
  }

  Status prepare_next(const char* text, sqlite3_stmt*& statement, const char*& rest) {
    const int code = sqlite3_prepare_v2(database_.handle(), text, -1, &statement, &rest);
    return code == SQLITE_OK ? Status() : failure(code);
  }

  Status hand_out() {
    QueryRow row;
    for (int i = 0; i < sqlite3_column_count(statement_); ++i) {
      row.push_back(value_of(statement_, i));
      bytes_ += bytes_of(row.back());
    }
    if (++rows_ > limits_.rows) return too_much(std::to_string(limits_.rows) + " rows");
    if (bytes_ > limits_.bytes) return too_much(std::to_string(limits_.bytes) + " bytes");
    if (!visitor_.row(std::move(row))) return stopped();
    return Clock::now() < end_ ? Status() : too_late();
  }

  static Error too_much(const std::string& limit) {
    return Error{
        ErrorCode::resource_exhausted,
        "query: it answers more than " + limit + ", which are the limit; ask for less, with LIMIT or WHERE"};
  }
  [[nodiscard]] Error too_late() const {
    return Error{ErrorCode::resource_exhausted,
                 "query: it ran for " + std::to_string(limits_.time.count()) +
                     " ms, which is the limit; ask for less, or query a backup"};
  }
  static Error stopped() { return Error{ErrorCode::unavailable, "query: it was broken off"}; }

  /// SQLite may go on without memory that it did not get: what the query went beyond is the reason only
  /// where it says so.
  Error failure(int code) {
    const bool for_want =
        (code & 0xFF) == SQLITE_NOMEM || (code & 0xFF) == SQLITE_FULL || code == SQLITE_IOERR_NOMEM;
    if (for_want && !budget_.exceeded().empty()) {
      return Error{ErrorCode::resource_exhausted,
                   "query: it needs more than " + budget_.exceeded() +
                       ", which is the limit; ask for less, or query a backup"};
    }
    switch (code & 0xFF) {
      case SQLITE_INTERRUPT:
        return late_ ? too_late() : stopped();
      case SQLITE_AUTH:
        return wrong("only reading is possible: SELECT, WITH, VALUES and EXPLAIN");
      case SQLITE_ERROR:
      case SQLITE_TOOBIG:
      case SQLITE_MISMATCH:
      case SQLITE_RANGE:
        return wrong(explain(sqlite3_errmsg(database_.handle())));
      default:
        return database_.error(code);
    }
  }

  /// With what there is, where a name is none.
  std::string explain(std::string message) {
    const bool table = message.starts_with("no such table");
    const bool column = message.starts_with("no such column") || message.starts_with("ambiguous column");
    if (!table && !column) return message;
    sqlite3_set_authorizer(database_.handle(), nullptr, nullptr);
    auto statement = database_.prepare(table ? kTables : kColumns);
    if (!statement.ok()) return message;
    auto rows = table ? statement->query() : statement->query(sql_);
    if (!rows.next() || rows.text(0).empty()) return message;
    return message + "; " + (table ? "there are " : "") + rows.text(0);
  }

  Database& database_;
  const QueryBudget& budget_;
  const std::string& sql_;
  const QueryLimits limits_;
  QueryVisitor& visitor_;
  const Clock::time_point end_ = Clock::now() + limits_.time;
  bool late_ = false;
  const std::function<bool()> go_on_ = [this] {
    late_ = Clock::now() >= end_;
    return !late_ && visitor_.go_on();
  };
  sqlite3_stmt* statement_ = nullptr;
  std::int64_t rows_ = 0, bytes_ = 0;
};

}  // namespace

Status run_query(const std::filesystem::path& database, const std::string& sql, const QueryLimits& limits,
                 QueryVisitor& visitor) {
  if (sql.find('\0') != std::string::npos) return wrong("the text holds a zero byte");
  SPIN_TRY(QueryBudget::prepare());
  SPIN_ASSIGN(const auto* layer, QueryBudget::file_layer());
  const auto folder =
      limits.folder.empty() ? std::filesystem::absolute(database).parent_path() : limits.folder;
  const QueryBudget budget({limits.memory_bytes, limits.disk_bytes, folder, limits.reserve_bytes});
  SPIN_ASSIGN(auto connection, Database::open(database, Database::Mode::read_only, layer));
  connection.never_checkpoint();
  SPIN_TRY(connection.run(kCache));
  return Query(connection, budget, sql, limits, visitor).run();
}

}  // namespace spin
