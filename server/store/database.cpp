#include "server/store/database.h"

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <sqlite3.h>

#include "server/store/disk_room.h"
#include "server/store/query_budget.h"

namespace spin {
namespace {

/// About a millisecond.
constexpr int kInstructionsPerQuestion = 20'000;

/// `system`: errno as SQLite left it, for it keeps none itself where a COMMIT fails.
ErrorCode code_of(int code, int system) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return ErrorCode::resource_exhausted;
    case SQLITE_CANTOPEN:
      return is_shortage(system) ? ErrorCode::resource_exhausted : ErrorCode::internal;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::data_loss;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
      return ErrorCode::unavailable;
    // Not of a sync: what one has lost, nobody knows.
    case SQLITE_IOERR:
      return (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE) && is_disk_full(system)
                 ? ErrorCode::resource_exhausted
                 : ErrorCode::internal;
    default:
      return ErrorCode::internal;
  }
}

std::string free_text(const std::filesystem::path& path) {
  const auto free = free_bytes(std::filesystem::absolute(path).parent_path());
  return (free.ok() ? "; " + std::to_string(*free) + " bytes are free on its disk" : "") +
         "; make room there, or raise the quota or limit that it has reached";
}

Error error_of(const std::string& path, sqlite3* handle, int code) {
  const bool unopened = (code & 0xFF) == SQLITE_CANTOPEN;
  const int system = unopened ? sqlite3_system_errno(handle) : errno;
  const ErrorCode kind = code_of(code, system);
  std::string message = "database " + path + ": ";
  if ((code & 0xFF) == SQLITE_NOTADB) {
    message += "not a database: the file was overwritten or cut, or belongs to another program";
  } else {
    message += sqlite3_errmsg(handle);
  }
  message += " (SQLite error " + std::to_string(code) + ")";
  if (unopened || (code & 0xFF) == SQLITE_IOERR) message += std::string(": ") + std::strerror(system);
  if (kind == ErrorCode::data_loss) message += kWayOut;
  if (kind == ErrorCode::resource_exhausted && !unopened) message += free_text(path);
  return Error{kind, std::move(message)};
}

Error error_of(sqlite3* handle, int code) {
  const char* path = sqlite3_db_filename(handle, "main");
  return error_of(path != nullptr ? path : "", handle, code);
}

}  // namespace

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void Statement::Finalizer::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Result<Database> Database::open(const std::filesystem::path& path, Mode mode, const char* file_layer) {
  // Where it fails, queries are refused, for nothing would limit them; all else works.
  [[maybe_unused]] const auto prepared = QueryBudget::prepare();
  sqlite3* handle = nullptr;
  // Who reads alone may name the file by a URI, with parameters of SQLite's.
  const bool is_uri = mode == Mode::read_only && path.native().starts_with("file:///");
  const int flags = (mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | (is_uri ? SQLITE_OPEN_URI : 0);
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, file_layer);
  if (handle == nullptr) return Error{ErrorCode::resource_exhausted, "out of memory"};
  Database database(path, handle);
  if (code != SQLITE_OK) return error_of(path.string(), handle, code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMs);
  return database;
}

Status Database::run(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(handle_.get(), code);
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return error_of(handle_.get(), code);
  return Statement(handle);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  SPIN_ASSIGN(auto statement, prepare(sql));
  auto rows = statement.query();
  if (rows.next()) return rows.integer(0);
  SPIN_TRY(rows.status());
  return Error{ErrorCode::data_loss, "database " + path_.string() + ": no row for " + std::string(sql)};
}

Result<std::string> Database::text(std::string_view sql) {
  SPIN_ASSIGN(auto statement, prepare(sql));
  auto rows = statement.query();
  if (rows.next()) return rows.text(0);
  SPIN_TRY(rows.status());
  return Error{ErrorCode::data_loss, "database " + path_.string() + ": no row for " + std::string(sql)};
}

Error Database::error(int code) const { return error_of(handle_.get(), code); }

std::int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

void Database::watch_log(int* pages) {
  sqlite3_wal_hook(
      handle_.get(),
      [](void* target, sqlite3*, const char*, int count) {
        *static_cast<int*>(target) = count;
        return SQLITE_OK;
      },
      pages);
}

Status Database::checkpoint() {
  const int code =
      sqlite3_wal_checkpoint_v2(handle_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) return error_of(handle_.get(), code);
  return {};
}

void Database::ask_meanwhile(const std::function<bool()>* go_on) {
  const auto ask = [](void* question) {
    return (*static_cast<const std::function<bool()>*>(question))() ? 0 : 1;
  };
  sqlite3_progress_handler(handle_.get(), go_on == nullptr ? 0 : kInstructionsPerQuestion,
                           go_on == nullptr ? nullptr : +ask, const_cast<std::function<bool()>*>(go_on));
}

void Database::never_checkpoint() {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Rows::~Rows() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
  if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return false;
  code_ = sqlite3_step(statement_);
  return code_ == SQLITE_ROW;
}

Status Rows::status() const {
  if (code_ == SQLITE_OK || code_ == SQLITE_ROW || code_ == SQLITE_DONE) return {};
  return error_of(sqlite3_db_handle(statement_), code_);
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Rows::real(int column) const {
  return is_null(column) ? std::numeric_limits<double>::quiet_NaN()
                         : sqlite3_column_double(statement_, column);
}

std::string Rows::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Rows::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::optional<std::int64_t> Rows::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<double> Rows::optional_real(int column) const {
  return is_null(column) ? std::nullopt : std::optional(real(column));
}

std::span<const unsigned char> Rows::blob(int column) const {
  const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Digest Rows::digest(int column) const {
  Digest digest;
  const void* bytes = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  if (bytes != nullptr && size == digest.bytes.size()) std::memcpy(digest.bytes.data(), bytes, size);
  return digest;
}

void Statement::bind(int index, std::int64_t value, int& code) {
  if (code == SQLITE_OK) code = sqlite3_bind_int64(handle_.get(), index, value);
}

void Statement::bind(int index, double value, int& code) {
  if (code == SQLITE_OK) code = sqlite3_bind_double(handle_.get(), index, value);
}

void Statement::bind(int index, std::string_view value, int& code) {
  // An empty view may hold a null pointer, which SQLite would take for NULL.
  const char* bytes = value.empty() ? "" : value.data();
  if (code == SQLITE_OK) {
    code = sqlite3_bind_text64(handle_.get(), index, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
}

void Statement::bind(int index, const Digest& value, int& code) {
  if (code == SQLITE_OK) {
    code = sqlite3_bind_blob64(handle_.get(), index, value.bytes.data(), value.bytes.size(), SQLITE_STATIC);
  }
}

void Statement::bind(int index, const Blob& value, int& code) {
  if (code == SQLITE_OK)
    code = sqlite3_bind_blob64(handle_.get(), index, value.bytes.data(), value.bytes.size(), SQLITE_STATIC);
}

void Statement::bind_null(int index, int& code) {
  if (code == SQLITE_OK) code = sqlite3_bind_null(handle_.get(), index);
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  SPIN_TRY(database.run(kind == Kind::read ? "BEGIN" : "BEGIN IMMEDIATE"));
  return Transaction(&database);
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  // SQLite has rolled back by itself where a statement failed hard; then this fails, and that is all right.
  [[maybe_unused]] const Status rolled_back = database_->run("ROLLBACK");
}

Status Transaction::commit() {
  SPIN_TRY(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace spin
