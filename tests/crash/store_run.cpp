#include "tests/crash/store_run.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <stdlib.h>

#include "schema/base/sha256.h"
#include "server/store/database_files.h"
#include "server/store/integrity.h"
#include "server/store/open.h"
#include "tests/server/store/fixture.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr char kTables[] =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta' ORDER BY name";
// ?1 table
constexpr char kColumns[] = "SELECT name FROM pragma_table_info(?1) WHERE name NOT LIKE '%_ms' ORDER BY cid";

Result<std::vector<std::string>> texts(Rows rows) {
  std::vector<std::string> list;
  while (rows.next()) list.push_back(rows.text(0));
  SPIN_TRY(rows.status());
  return list;
}

/// Each column quoted, so that types and NULL count.
std::string select_all(const std::string& table, const std::vector<std::string>& columns) {
  std::string values, order;
  for (const auto& column : columns) {
    values += (values.empty() ? "quote(" : " || ',' || quote(") + column + ")";
    order += (order.empty() ? "" : ", ") + column;
  }
  return "SELECT " + values + " FROM " + table + " ORDER BY " + order;
}

}  // namespace

MemoryFolder::MemoryFolder() {
  for (std::string name : {"/dev/shm/spin-test.XXXXXX", "/tmp/spin-test.XXXXXX"}) {
    if (::mkdtemp(name.data()) == nullptr) continue;
    path_ = fs::canonical(name);
    return;
  }
  throw std::runtime_error("no folder can be made");
}

MemoryFolder::~MemoryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Result<std::vector<std::string>> all_rows(Database& database) {
  std::vector<std::string> all;
  SPIN_ASSIGN(auto tables, database.prepare(kTables));
  SPIN_ASSIGN(auto columns, database.prepare(kColumns));
  SPIN_ASSIGN(const auto names, texts(tables.query()));
  for (const auto& table : names) {
    SPIN_ASSIGN(const auto columns_of_table, texts(columns.query(table)));
    const auto sql = select_all(table, columns_of_table);
    SPIN_ASSIGN(auto statement, database.prepare(sql));
    SPIN_ASSIGN(const auto rows, texts(statement.query()));
    for (const auto& row : rows) all.push_back(table + ": " + row);
  }
  return all;
}

std::string fingerprint(Database& database) {
  Sha256 hash;
  for (const auto& row : value_of(all_rows(database))) hash.update(row + "\n");
  return to_hex(hash.finish());
}

StoreRun::StoreRun(const fs::path& path, unsigned seed, std::function<void()> on_acknowledged)
    : on_acknowledged_(std::move(on_acknowledged)), workload_(seed) {
  const auto fatal = [this](const Error& error) {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(error_.has_value()) << "the store failed twice";
    error_ = error;
    changed_.notify_all();
  };
  auto store = Store::open(path, fatal, kSmallCheckpointPages);
  if (store.ok()) {
    store_ = *std::move(store);
  } else {
    error_ = store.error();
  }
}

bool StoreRun::step() {
  if (store_ == nullptr) return false;
  auto changes = workload_.next();
  std::unique_lock lock(mutex_);
  if (error_.has_value()) return false;
  lock.unlock();
  store_->commit(std::move(changes), [this] {
    on_acknowledged_();
    const std::lock_guard acknowledge(mutex_);
    ++callbacks_;
    changed_.notify_all();
  });
  lock.lock();
  changed_.wait(lock, [this] { return error_.has_value() || callbacks_ > acknowledged_; });
  acknowledged_ = callbacks_;
  return !error_.has_value();
}

void StoreRun::settle() {
  // What follows a transaction is done before the next one begins.
  commit(*store_, {});
}

void StoreRun::close() {
  if (store_ != nullptr) store_->close();
  store_.reset();
}

std::optional<Error> StoreRun::error() {
  const std::lock_guard lock(mutex_);
  return error_;
}

std::string make_empty_database() {
  const MemoryFolder folder;
  open_store(folder.database())->close();
  return value_of(read_file(folder.database(), std::size_t{1} << 30U));
}

std::vector<std::string> states_of_run(const fs::path& path, unsigned seed, std::size_t transactions,
                                       const std::function<void()>& ended) {
  std::vector<std::string> states;
  StoreRun run(path, seed);
  {
    auto reader = value_of(Database::open(path, Database::Mode::read_only));
    reader.never_checkpoint();
    do {
      states.push_back(fingerprint(reader));
    } while (states.size() <= transactions && run.step());
    run.settle();
    ended();
  }
  EXPECT_FALSE(run.error().has_value()) << run.error()->message;
  return states;
}

unsigned crash_seeds() {
  const char* text = std::getenv("SPIN_CRASH_SEEDS");
  return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : 1;
}

std::string reopened_fingerprint(const MemoryFolder& folder, const std::string& context) {
  std::string found;
  {
    auto opened = open_database(folder.database());
    if (!opened.ok()) {
      ADD_FAILURE() << context << ": " << opened.error().message;
    } else {
      EXPECT_EQ(value_of(find_damage(opened->connection)), "") << context;
      found = fingerprint(opened->connection);
      opened->connection.never_checkpoint();  // it is thrown away
    }
  }
  for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) fs::remove(beside(folder.database(), suffix));
  return found;
}

}  // namespace spin
