#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/store/backup.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

// The real spind, for a database that nobody serves.

namespace spin {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
constexpr seconds kPatience{60};

class UpkeepTest : public testing::Test {
 protected:
  UpkeepTest() { serve_once(); }

  /// A database as a spind leaves it.
  void serve_once() {
    Process process = start();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(kPatience), 0) << process.output();
  }
  Process start() {
    Process process(
        {spind(), "--listen", "unix:" + (folder_ / "s.sock").string(), "--db", database().string()},
        folder_ / ("log" + std::to_string(++starts_)), folder_.path().string());
    EXPECT_TRUE(eventually(kPatience, [&] {
      return process.output().find("listening on") != std::string::npos;
    })) << process.output();
    return process;
  }
  Finished run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), spind());
    return run_command(arguments, folder_.path().string(), kPatience);
  }
  static std::string spind() { return program("spind"); }
  [[nodiscard]] fs::path database() const { return folder_ / "spind.db"; }
  [[nodiscard]] fs::path backup() const { return folder_ / "backup.db"; }
  void back_up() {
    const auto made = back_up_database(database(), backup(), {}, nullptr);
    EXPECT_TRUE(made.ok()) << made.error().message;
  }

  TempFolder folder_;
  int starts_ = 0;
};

TEST_F(UpkeepTest, RestoreKeepsWhatWasThereAndTheNextStartServesTheBackup) {
  back_up();
  const auto refused = run({"restore", backup(), "--db", database()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find("is there already"), std::string::npos) << refused.errors;
  const auto restored = run({"restore", backup(), "--db", database(), "--replace"});
  EXPECT_EQ(restored.exit_code, 0) << restored.errors;
  EXPECT_NE(restored.output.find("spind.db.before-restore-1"), std::string::npos) << restored.output;
  EXPECT_NE(restored.output.find("0 jobs"), std::string::npos) << restored.output;
  serve_once();
}

TEST_F(UpkeepTest, ADatabaseThatIsServedIsLeftAlone) {
  back_up();
  const Process process = start();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"restore", backup(), "--db", database(), "--replace"},
        {"doctor", "--db", database()}}) {
    const auto refused = run(command);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.errors.find("in use by spind pid"), std::string::npos) << refused.errors;
  }
}

TEST_F(UpkeepTest, DoctorSaysWhatItFoundAndWhatToDo) {
  const auto healthy = run({"doctor", "--db", database(), "--deep"});
  for (const auto* line :
       {"ok       integrity", "ok       artifacts", "all of them read", "ok       permissions",
        "256.0 MiB shall stay free"}) {
    EXPECT_NE(healthy.output.find(line), std::string::npos) << healthy.output << healthy.errors;
  }
  const auto full = run({"doctor", "--db", database(), "--reserve-bytes", "8EiB"});
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_NE(full.output.find("FAILED   room"), std::string::npos) << full.output;
  fs::permissions(database(), fs::perms::others_read, fs::perm_options::add);
  const auto open = run({"doctor", "--db", database()});
  EXPECT_EQ(open.exit_code, 1);
  EXPECT_NE(open.output.find("FAILED   permissions"), std::string::npos) << open.output;
  EXPECT_NE(open.output.find("-> chmod"), std::string::npos) << open.output;
  const auto rows = run({"doctor", "--db", database(), "--format", "json"});
  EXPECT_EQ(rows.exit_code, 1);
  std::map<std::string, nlohmann::json> checks;
  for (const auto& row : nlohmann::json::parse(rows.output)) checks[row.at("name")] = row;
  EXPECT_EQ(checks["permissions"].at("state"), "failed");
  EXPECT_TRUE(checks["permissions"].at("advice").get<std::string>().starts_with("chmod"));
  EXPECT_EQ(checks["integrity"].at("state"), "ok");
  EXPECT_EQ(checks["integrity"].at("advice"), nullptr);
}

TEST_F(UpkeepTest, MistakesAreNamed) {
  EXPECT_EQ(run({"restore"}).exit_code, 2);
  EXPECT_EQ(run({"restore", "--help"}).exit_code, 0);
  EXPECT_NE(run({"restore", folder_ / "none", "--db", database()}).errors.find("there is no backup"),
            std::string::npos);
  EXPECT_NE(run({"doctor", "--db", folder_ / "none"}).errors.find("there is no database"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

}  // namespace
}  // namespace spin
