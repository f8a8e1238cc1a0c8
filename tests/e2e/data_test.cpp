// The pictures of a folder are exchanged between two runs of one sweep.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/e2e/cluster.h"
#include "tests/support/places.h"
#include "tests/worker/trainer/data/image_writers.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

class Pictures : public ::testing::Test {
 protected:
  void SetUp() override {
    write_image_folder(pictures(), {"blue", "green", "red"}, 120, 30, 36);
    std::ofstream(folder_ / "pictures.yaml")
        << "version: 1\n"
           "name: pictures\n"
           "dataset: {name: imagefolder, root: "
        << pictures().string()
        << "}\n"
           "network: {family: convmixer, channels: 16, depth: 2, patch: 7, "
           "kernel: 3, resolution: 28}\n"
           "training: {epochs: 6, batch_size: 20}\n";
  }
  [[nodiscard]] fs::path pictures() const { return folder_ / "pictures"; }
  Finished run(const std::vector<std::string>& more = {}) {
    std::vector<std::string> command{
        program("spinctl"), "run", folder_ / "pictures.yaml", "--db", folder_ / "spin.db",
        "--format",         "json"};
    command.insert(command.end(), more.begin(), more.end());
    return run_command(command, mark_, std::chrono::seconds(250));
  }
  Finished ask(const std::vector<std::string>& words) {
    std::vector<std::string> command{program("spinctl")};
    command.insert(command.end(), words.begin(), words.end());
    command.insert(command.end(), {"--db", folder_ / "spin.db"});
    return run_command(command, mark_, std::chrono::seconds(60));
  }
  /// Of the only cell.
  static double accuracy(const Finished& finished) {
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    const auto rows = nlohmann::json::parse(finished.output, nullptr, false);
    return rows.is_array() && !rows.empty() ? rows.at(0).at("top1_mean").get<double>() : -1;
  }

  const std::string mark_ = unique_mark();
  TempFolder folder_;
};

TEST_F(Pictures, ThatWereExchangedAreNotTakenForThoseOfBefore) {
  const double before = accuracy(run());
  EXPECT_GT(before, 90);
  EXPECT_EQ(accuracy(run()), before) << "nothing has changed";

  fs::rename(pictures() / "val/blue", pictures() / "val/x");
  fs::rename(pictures() / "val/red", pictures() / "val/blue");
  fs::rename(pictures() / "val/x", pictures() / "val/red");
  const auto refused = run();
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.errors.find("1 job of this sweep, finished already, trained on OTHER DATA: imagefolder " +
                                pictures().string()),
            std::string::npos)
      << refused.errors;
  EXPECT_NE(refused.errors.find("--retrain"), std::string::npos) << refused.errors;
  EXPECT_EQ(accuracy(run({"--retrain=none"})), before);

  const double after = accuracy(run({"--retrain"}));
  EXPECT_LT(after, 60) << "two of three classes judge each other's pictures";
  EXPECT_EQ(accuracy(run()), after) << "that is the result from now on";
  const auto kept = ask({"query", "SELECT top1 FROM superseded WHERE newest", "--format", "csv"});
  EXPECT_EQ(kept.exit_code, 0) << kept.errors;
  EXPECT_EQ(std::stod(kept.output.substr(kept.output.find('\n') + 1)), before) << kept.output;

  // A second seed on the pictures as they were first: results of two states of the data.
  fs::rename(pictures() / "val/blue", pictures() / "val/x");
  fs::rename(pictures() / "val/red", pictures() / "val/blue");
  fs::rename(pictures() / "val/x", pictures() / "val/red");
  const auto mixed = run({"--set", "seeds=[0, 1]", "--retrain=none"});
  EXPECT_EQ(mixed.exit_code, 0) << mixed.errors;
  EXPECT_NE(mixed.errors.find("WARNING: OTHER DATA: these results of imagefolder"), std::string::npos)
      << mixed.errors;
  const auto examined =
      run_command({program("spind"), "doctor", "--db", folder_ / "spin.db"}, mark_, std::chrono::seconds(60));
  EXPECT_NE(examined.output.find("results of one data set rest on other data: imagefolder"),
            std::string::npos)
      << examined.output << examined.errors;
}

}  // namespace
}  // namespace spin
