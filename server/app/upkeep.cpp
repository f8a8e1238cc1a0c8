#include "server/app/upkeep.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "schema/base/clock.h"
#include "schema/base/paths.h"
#include "schema/base/usage.h"
#include "server/app/exit_code.h"
#include "server/app/say.h"
#include "server/store/backup.h"
#include "server/store/database_files.h"
#include "server/store/doctor.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

void add_database(CLI::App& cli, fs::path& database) {
  cli.add_option("--db", database, "SQLite database")->default_val(default_database_path().string());
}

/// The exit code where the command line ends the process.
std::optional<int> parse(CLI::App& cli, int argc, char** argv) {
  try {
    cli.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return usage_exit(cli, error, complain);
  }
}

int restore(int argc, char** argv) {
  CLI::App cli("Puts a backup in the place of a database that no spind serves", "spind restore");
  fs::path backup, database;
  CopyOptions options;
  cli.add_option("BACKUP", backup, "What spinctl backup wrote")->required();
  add_database(cli, database);
  cli.add_flag("--replace", options.replace, "Move a database that is there to PATH.before-restore-N");
  cli.footer("Exit codes: 0 restored; 1 failed; 2 bad usage, or a backup or database that cannot be had.");
  if (const auto exit_code = parse(cli, argc, argv)) return *exit_code;
  const auto report = restore_database(backup, database, options, nullptr);
  if (!report.ok()) return fail(report.error());
  if (!report->moved_to.empty())
    std::cout << fmt::format("the database that was there is now {}\n", report->moved_to.string());
  std::cout << fmt::format("restored {}: {} jobs, {} with a result, {} bytes\n", database.string(),
                           report->restored.jobs, report->restored.results, report->restored.bytes);
  return 0;
}

/// As `spinctl doctor` has it.
void print_json(const std::vector<CheckRow>& checks) {
  auto rows = nlohmann::json::array();
  for (const auto& check : checks) {
    nlohmann::json row = {
        {"name", check.name}, {"state", to_string(check.state)}, {"found", check.found}, {"advice", nullptr}};
    if (!check.advice.empty()) row["advice"] = check.advice;
    rows.push_back(std::move(row));
  }
  std::cout << rows.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

void print_lines(const std::vector<CheckRow>& checks) {
  for (const auto& check : checks) {
    const bool has_failed = check.state == CheckState::failed;
    std::cout << fmt::format("{:<8} {:<16} {}\n", has_failed ? "FAILED" : to_string(check.state), check.name,
                             check.found);
    if (!check.advice.empty()) std::cout << fmt::format("{:25} -> {}\n", "", check.advice);
  }
}

Result<std::vector<CheckRow>> examine_unserved(DoctorInput& input) {
  SPIN_ASSIGN(input.database, canonical_database_path(input.database));
  if (!fs::exists(input.database)) {
    return Error{ErrorCode::not_found, "there is no database " + input.database.string()};
  }
  SPIN_ASSIGN(const auto lock, lock_database(input.database));
  return examine(input);
}

int doctor(int argc, char** argv) {
  CLI::App cli("Looks at a database that no spind serves, and at its artifacts; changes nothing",
               "spind doctor");
  DoctorInput input;
  add_database(cli, input.database);
  cli.add_option("--artifacts", input.artifacts, "Folder of checkpoints and models (default: DB.artifacts)");
  cli.add_option("--backups", input.backups, "Folder of backups (default: DB.backups)");
  cli.add_option("--reserve-bytes", input.reserve_bytes,
                 "Free space, e.g. 1GiB, that shall stay on each disk; as spind")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  cli.add_flag("--deep", input.deep, "Read every artifact and compare its hash");
  std::string format = "table";
  cli.add_option("--format", format, "json: one array of name, state, found, advice")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  cli.footer("Exit codes: 0 nothing failed; 1 something did; 2 bad usage, or a database that cannot be had.");
  if (const auto exit_code = parse(cli, argc, argv)) return *exit_code;
  if (input.artifacts.empty()) input.artifacts = input.database.string() + ".artifacts";
  if (input.backups.empty()) input.backups = input.database.string() + ".backups";
  input.now_ms = wall_clock_ms();
  const auto checks = examine_unserved(input);
  if (!checks.ok()) return fail(checks.error());
  if (format == "json") {
    print_json(*checks);
  } else {
    print_lines(*checks);
  }
  const bool has_failed = std::any_of(checks->begin(), checks->end(), [](const CheckRow& check) {
    return check.state == CheckState::failed;
  });
  return has_failed ? kExitFailed : 0;
}

}  // namespace

std::optional<int> run_upkeep(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "restore") return restore(argc - 1, argv + 1);
  if (verb == "doctor") return doctor(argc - 1, argv + 1);
  return std::nullopt;
}

}  // namespace spin
