#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/ids.h"
#include "schema/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace spin {

class Statement;

/// What to do about a database that cannot be read. A log that is left beside another file would be mixed
/// into it.
inline constexpr char kWayOut[] =
    "; move the file and the files of its name with -wal and -shm away, then put back a backup, or start "
    "with "
    "an empty database";
/// How long a statement waits for another connection's lock, ms.
inline constexpr int kBusyMs = 5000;

/// One SQLite connection. Used by one thread at a time.
class Database {
 public:
  enum class Mode { read_write, read_only };
  /// The file must exist. data_loss where it is not a database. `file_layer`: the name of SQLite's that is
  /// not the usual one.
  static Result<Database> open(const std::filesystem::path& path, Mode mode,
                               const char* file_layer = nullptr);

  /// Statements without values and without rows; several, separated by semicolons.
  Status run(const std::string& sql);
  /// `sql` outlives the statement, which does not outlive the connection.
  Result<Statement> prepare(std::string_view sql);
  /// First column of the first row.
  Result<std::int64_t> integer(std::string_view sql);
  Result<std::string> text(std::string_view sql);
  /// Rows that the last INSERT, UPDATE or DELETE touched.
  [[nodiscard]] std::int64_t changes() const;

  /// Keeps *pages at the number of pages in the write-ahead log after each commit. `pages` outlives the
  /// connection.
  void watch_log(int* pages);
  /// Copies what readers allow from the log to the database. Not an error where a reader holds something
  /// back.
  Status checkpoint();
  /// Asks `go_on` now and then while a statement runs; false ends the statement (unavailable). The question
  /// outlives the connection, or another one, or none, takes its place.
  void ask_meanwhile(const std::function<bool()>* go_on);
  /// Leaves the log to the writer when this connection closes.
  void never_checkpoint();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// For what SQLite offers beside statements: copying, limits, an authorizer.
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  /// What `code`, which SQLite just answered on this connection, means.
  [[nodiscard]] Error error(int code) const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  Database(std::filesystem::path path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Closer> handle_;
};

/// The rows of one execution. Ends the execution when it goes out of scope, so that no read stays open behind
/// it.
class Rows {
 public:
  explicit Rows(sqlite3_stmt* statement, int bind_error) : statement_(statement), code_(bind_error) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  /// False at the end and after an error, which status() tells.
  bool next();
  [[nodiscard]] Status status() const;

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] int small(int column) const { return static_cast<int>(integer(column)); }
  /// NULL is "not a number".
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  [[nodiscard]] std::optional<double> optional_real(int column) const;
  /// Lives until the next row.
  [[nodiscard]] std::span<const unsigned char> blob(int column) const;
  /// A BLOB of 32 bytes, which the tables check.
  [[nodiscard]] Digest digest(int column) const;

 private:
  sqlite3_stmt* statement_;
  int code_;
};

/// Bytes to bind that are no text.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement, used again and again.
class Statement {
 public:
  Statement() = default;

  /// Binds ?1, ?2, ... and begins. The values live at least as long as the Rows.
  template <class... Values>
  [[nodiscard]] Rows query(const Values&... values) {
    int code = 0;
    [[maybe_unused]] int index = 1;
    (bind_next(index, values, code), ...);
    return Rows(handle_.get(), code);
  }
  /// Executes a statement whose rows nobody wants.
  template <class... Values>
  Status run(const Values&... values) {
    auto rows = query(values...);
    while (rows.next()) {
    }
    return rows.status();
  }

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const;
  };
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  template <class T>
  void bind_next(int& index, const T& value, int& code) {
    bind(index++, value, code);
  }
  /// Each takes a number of its own.
  void bind_next(int& index, const std::vector<std::optional<double>>& values, int& code) {
    for (const auto& value : values) bind(index++, value, code);
  }
  void bind(int index, std::int64_t value, int& code);
  void bind(int index, int value, int& code) { bind(index, static_cast<std::int64_t>(value), code); }
  void bind(int index, double value, int& code);
  void bind(int index, std::string_view value, int& code);
  void bind(int index, const std::string& value, int& code) { bind(index, std::string_view(value), code); }
  void bind(int index, const Digest& value, int& code);
  void bind(int index, const Blob& value, int& code);
  /// None is NULL.
  template <class T>
  void bind(int index, const std::optional<T>& value, int& code) {
    value ? bind(index, *value, code) : bind_null(index, code);
  }
  void bind_null(int index, int& code);

  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

/// Rolls back unless committed.
class Transaction {
 public:
  enum class Kind { read, write };
  static Result<Transaction> begin(Database& database, Kind kind);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : database_(other.database_) { other.database_ = nullptr; }
  Transaction& operator=(Transaction&&) = delete;
  Status commit();

 private:
  explicit Transaction(Database* database) : database_(database) {}
  Database* database_;
};

}  // namespace spin
