#include "server/store/doctor.h"

#include <array>
#include <cstdio>
#include <utility>

#include "server/store/doctor_checks.h"

namespace spin {
namespace {

using namespace doctor;

constexpr char kNotOpened[] = "cannot be looked at without the database";

class Examination {
 public:
  explicit Examination(const DoctorInput& input) : input_(input) {}

  Result<std::vector<CheckRow>> run() {
    auto database = open();
    SPIN_TRY(add("integrity", database, [](Database& db) { return check_integrity(db); }));
    SPIN_TRY(add("versions", database, [](Database& db) { return check_versions(db); }));
    SPIN_TRY(add("clock", database, [this](Database& db) { return check_clock(db, input_.now_ms); }));
    SPIN_TRY(add("data", database, [](Database& db) { return check_data(db); }));
    SPIN_TRY(add("artifacts", database, [this](Database& db) { return check_artifacts(db, input_); }));
    SPIN_TRY(add("stray files", database, [this](Database& db) { return check_strays(db, input_); }));
    SPIN_TRY(add("uploads", check_uploads(input_)));
    SPIN_TRY(add("write-ahead log", check_log(input_)));
    SPIN_TRY(add("room", check_room(input_)));
    SPIN_TRY(add("permissions", check_permissions(input_)));
    return std::move(results_);
  }

 private:
  Result<Database> open() {
    SPIN_ASSIGN(auto database, Database::open(input_.database, Database::Mode::read_only));
    database.never_checkpoint();
    database.ask_meanwhile(&input_.go_on);
    return database;
  }

  /// The first check says why the database cannot be opened, the others that it cannot.
  template <class Check>
  Status add(const std::string& name, Result<Database>& database, Check check) {
    if (database.ok()) return add(name, check(*database));
    return add(name, results_.empty() ? database.error() : Error{ErrorCode::internal, kNotOpened});
  }

  Status add(const std::string& name, Result<CheckRow> result) {
    if (!input_.go_on()) return Error{ErrorCode::unavailable, "the examination was broken off"};
    if (result.ok()) {
      results_.push_back(*std::move(result));
      results_.back().name = name;
    } else {
      results_.push_back({name, CheckState::failed, result.error().message, ""});
    }
    return {};
  }

  const DoctorInput& input_;
  std::vector<CheckRow> results_;
};

}  // namespace

Result<std::vector<CheckRow>> examine(const DoctorInput& input) { return Examination(input).run(); }

namespace doctor {

std::string counted(std::int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string readable_bytes(std::uint64_t bytes) {
  static constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " bytes";
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ", value);
  return text + std::string(kUnits[unit]);
}

}  // namespace doctor
}  // namespace spin
