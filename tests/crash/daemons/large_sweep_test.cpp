#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "server/app/plan_parts.h"
#include "tests/crash/daemons/daemons.h"
#include "tests/support/places.h"

// A sweep that is stored in parts: killed, cancelled and asked for meanwhile.

namespace spin {
namespace {

constexpr int kJobs = 60'000;
constexpr int kPart = static_cast<int>(kPartJobs);

std::string numbers(int count, double step) {
  std::string list;
  for (int i = 1; i <= count; ++i) list += (i == 1 ? "" : ", ") + std::to_string(step * i);
  return list;
}

class LargeSweep : public testing::Test {
 protected:
  LargeSweep() {
    std::ofstream(file()) << text("0, 0.1");
    daemons.start_spind();
  }

  /// kJobs jobs; the value that varies slowest is the last of `label_noise`.
  static std::string text(const std::string& label_noise) {
    return "version: 1\nname: large\ndataset: {name: synthetic, classes: 10}\n"
           "network: {family: convmixer, channels: 16, depth: 4, patch: 4, kernel: 3}\n"
           "axes:\n  training.label_noise: [" +
           label_noise + "]\n  training.lr: [" + numbers(150, 0.001) + "]\n  training.weight_decay: [" +
           numbers(200, 0.0001) + "]\n";
  }
  [[nodiscard]] std::string file() const { return (daemons.folder / "large.yaml").string(); }

  /// With other options.
  void restart(const std::vector<std::string>& more = {}) {
    daemons.spind().signal(SIGTERM);
    daemons.spind().wait(Daemons::kDeadline);
    daemons.start_spind(more);
  }
  /// So that nothing is stored beyond the first part.
  void start_below_reserve() { restart({"--reserve-bytes", "1000000GiB"}); }

  std::unique_ptr<Process> begin_submit() {
    return std::make_unique<Process>(
        std::vector<std::string>{program("spinctl"), "--connect",
                                 "unix:" + (daemons.folder / "sock").string(), "submit", file()},
        daemons.folder / "submit.log", daemons.mark);
  }
  [[nodiscard]] nlohmann::json status() const {
    const auto sweeps = daemons.spinctl_json({"status", "large"});
    return sweeps.is_array() && !sweeps.empty() ? sweeps.at(0) : nlohmann::json();
  }
  /// Whether the sweep has as many jobs or more.
  [[nodiscard]] bool has_stored(int jobs) const {
    const auto now = status();
    return now.is_object() && now.at("total") >= jobs;
  }
  [[nodiscard]] bool is_complete() const {
    const auto now = status();
    return now.is_object() && now.at("total") == kJobs && now.at("jobs_to_come") == 0;
  }
  /// Every line of the plan is a job of the sweep, in the same order.
  void expect_what_was_planned() const {
    const auto planned = daemons.spinctl({"plan", file(), "--format", "jsonl"});
    const auto jobs = daemons.spinctl_json({"jobs", "large"});
    ASSERT_TRUE(jobs.is_array());
    ASSERT_EQ(jobs.size(), static_cast<std::size_t>(kJobs));
    std::istringstream lines(planned.output);
    std::size_t i = 0;
    for (std::string line; std::getline(lines, line); ++i) {
      const auto job = nlohmann::json::parse(line);
      ASSERT_LT(i, jobs.size());
      ASSERT_EQ(job.at("name"), jobs.at(i).at("name"));
      ASSERT_EQ(job.at("hash"), jobs.at(i).at("job"));
    }
    EXPECT_EQ(i, jobs.size());
  }

  Daemons daemons;
};

TEST_F(LargeSweep, IsStoredToItsEndWhateverIsKilled) {
  auto submit = begin_submit();
  for (const int jobs : {2'000, 20'000, 40'000}) {
    ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return has_stored(jobs); })) << submit->output();
    daemons.spind().signal(SIGKILL);
    daemons.spind().wait(Daemons::kDeadline);
    daemons.start_spind();
    ASSERT_TRUE(daemons.spind().running()) << daemons.spind().output();
  }
  const int code = submit->wait(Daemons::kDeadline);
  EXPECT_TRUE(code == 3 || code == 0)
      << "its coordinator was killed, or all was stored by then: " << submit->output();
  EXPECT_TRUE(eventually(Daemons::kDeadline, [&] { return is_complete(); })) << status().dump();
  expect_what_was_planned();
  daemons.stop();
}

TEST_F(LargeSweep, IsKnownWhenItIsHandedInAgain) {
  daemons.start_worker("w", {{"do", "finish"}});
  const auto submit = begin_submit();
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] {
    const auto now = status();
    return now.is_object() && now.at("completed") > 0;
  }));
  const auto again = daemons.spinctl({"submit", file()});
  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_EQ(again.output, "sweep 1 (large): 60000 jobs, 0 new, 60000 known already\n");
  EXPECT_EQ(submit->wait(Daemons::kDeadline), 0) << submit->output();
  EXPECT_NE(submit->output().find("60000 jobs, 60000 new"), std::string::npos) << submit->output();
  EXPECT_TRUE(is_complete()) << status().dump();
  daemons.stop();
}

TEST_F(LargeSweep, IsCancelledWhileItIsStored) {
  start_below_reserve();
  const auto submit = begin_submit();
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return has_stored(kPart); }));
  ASSERT_EQ(daemons.spinctl({"cancel", "large"}).exit_code, 0);
  restart();
  const auto now = status();
  EXPECT_EQ(now.at("jobs_to_come"), 0);
  EXPECT_EQ(now.at("total"), kPart);
  EXPECT_EQ(now.at("cancelled"), kPart);
  daemons.stop();
}

TEST_F(LargeSweep, WaitsWhileADiskIsBelowItsReserve) {
  start_below_reserve();
  const auto submit = begin_submit();
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return has_stored(kPart); }));
  for (int look = 0; look < 20; ++look) EXPECT_EQ(status().at("total"), kPart);
  EXPECT_NE(status().at("hint").get<std::string>().find("no leases are granted now"), std::string::npos);
  restart();
  EXPECT_TRUE(eventually(Daemons::kDeadline, [&] { return is_complete(); })) << status().dump();
  daemons.stop();
}

TEST_F(LargeSweep, NothingOfABadOneIsStored) {
  std::ofstream(file()) << text("0, 2");
  const auto refused = daemons.spinctl({"submit", file()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find("training.label_noise"), std::string::npos) << refused.errors;
  EXPECT_EQ(daemons.spinctl_json({"status"}), nlohmann::json::array());
  daemons.stop();
}

}  // namespace
}  // namespace spin
