#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/e2e/cluster.h"
#include "tests/support/places.h"

namespace spin {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

Finished run_sweep(const std::vector<std::string>& args, const std::string& mark) {
  std::vector<std::string> command{program("spinctl"), "run"};
  command.insert(command.end(), args.begin(), args.end());
  return run_command(command, mark, seconds(250));
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

const char* const kTinySweep = R"(version: 1
name: tiny
dataset: {name: fashion-mnist, train_limit: 256, eval_limit: 100}
network: {family: convmixer, channels: 16, depth: 4, patch: 4, kernel: 3}
training: {epochs: 1, batch_size: 64}
sharing: {mapping: sequential}
axes: {sharing.rate: [1, 2]}
)";

TEST(Run, TrainsTheQuickstartSweepAndShowsItsTable) {
  const auto mark = unique_mark();
  auto args = small_quickstart_args();
  args.insert(args.end(), {"--format", "json"});
  const auto finished = run_sweep(args, mark);
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  const auto rows = nlohmann::json::parse(finished.output);
  ASSERT_EQ(rows.size(), 8U);
  // Counted by hand from the paper's rules for 64/8/4/3 on 28 x 28 x 1 images and 10 classes.
  EXPECT_EQ(rows.at(0).at("params"), 42'314);
  int with_difference = 0;
  for (const auto& row : rows) {
    EXPECT_GT(row.at("top1_mean").get<double>(), 20.0) << row.dump();
    with_difference += row.at("difference").is_number() ? 1 : 0;
  }
  EXPECT_GE(with_difference, 6);
  EXPECT_TRUE(marked_processes(mark).empty());
}

TEST(Run, GoesOnFromItsDatabaseAndTrainsNothingTwice) {
  const auto mark = unique_mark();
  const TempFolder folder;
  write(folder / "tiny.yaml", kTinySweep);
  const std::vector<std::string> args{folder / "tiny.yaml", "--db", folder / "spin.db", "--format", "json"};
  const auto first = run_sweep(args, mark);
  ASSERT_EQ(first.exit_code, 0) << first.errors;
  EXPECT_EQ(first.errors.find("no worker is attached"), std::string::npos)
      << "its own worker is on its way: " << first.errors;
  const auto second = run_sweep(args, mark);
  ASSERT_EQ(second.exit_code, 0) << second.errors;
  const auto cells = [](const Finished& run) {
    auto rows = nlohmann::json::parse(run.output);
    for (auto& row : rows) row.erase("sweep_id");
    return rows;
  };
  EXPECT_EQ(cells(first), cells(second)) << "even the seconds are those of the first run";
}

TEST(Run, InterruptLeavesNothingBehind) {
  const auto mark = unique_mark();
  const TempFolder folder;
  std::vector<std::string> command{program("spinctl"), "run"};
  for (auto& arg : small_quickstart_args()) command.push_back(arg);
  Process run(command, folder / "run.log", mark);
  ASSERT_TRUE(eventually(seconds(60), [&] { return !marked_processes(mark, "spin-train").empty(); }))
      << run.output();
  run.signal(SIGINT);
  EXPECT_EQ(run.wait(seconds(20)), 130) << run.output();
  EXPECT_TRUE(eventually(seconds(10), [&] { return marked_processes(mark).empty(); }));
}

TEST(Run, SaysWhereTheDataWasLookedFor) {
  const auto mark = unique_mark();
  const TempFolder folder;
  write(folder / "tiny.yaml", kTinySweep);
  const auto finished = run_sweep({folder / "tiny.yaml", "--set", "dataset.root=/nowhere/at/all"}, mark);
  EXPECT_EQ(finished.exit_code, 2) << "no attempt could do better";
  const auto said = finished.errors.find("no job of");
  ASSERT_NE(said, std::string::npos) << finished.output << finished.errors;
  EXPECT_NE(finished.errors.find("/nowhere/at/all", said), std::string::npos) << finished.errors;
  EXPECT_EQ(finished.errors.find("no job of", said + 1), std::string::npos)
      << "said once: " << finished.errors;
  EXPECT_EQ(finished.output, "") << "there are no results to show";
}

TEST(Run, SaysOnceThatADeviceIsNotThere) {
  const auto mark = unique_mark();
  const TempFolder folder;
  write(folder / "tiny.yaml", kTinySweep);
  const auto finished = run_sweep({folder / "tiny.yaml", "--device", "cuda:77"}, mark);
  EXPECT_EQ(finished.exit_code, 2);
  const auto said = finished.errors.find("--device cuda:77: there is no such device");
  ASSERT_NE(said, std::string::npos) << finished.errors;
  EXPECT_EQ(finished.errors.find("there is no such device", said + 30), std::string::npos) << finished.errors;
}

TEST(Run, NamesTheDataFileThatIsCutShort) {
  const auto mark = unique_mark();
  const TempFolder folder;
  write(folder / "tiny.yaml", kTinySweep);
  const fs::path source = "/usr/share/datasets/fashion-mnist";
  for (const auto* name : {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                           "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"}) {
    fs::copy_file(source / name, folder / name);
  }
  fs::resize_file(folder / "train-images-idx3-ubyte.gz", 1'000'000);
  const auto finished =
      run_sweep({folder / "tiny.yaml", "--set", "dataset.root=" + folder.path().string()}, mark);
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE((finished.output + finished.errors).find("train-images-idx3-ubyte.gz"), std::string::npos)
      << finished.output << finished.errors;
}

TEST(Run, BadSweepFileStartsNothing) {
  const auto mark = unique_mark();
  const TempFolder folder;
  write(folder / "bad.yaml", std::string(kTinySweep) + "fusion: {strategy: mean}\nshaping: {}\n");
  const auto finished = run_sweep({folder / "bad.yaml", "--db", folder / "spin.db"}, mark);
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.errors.find("bad.yaml:9: shaping"), std::string::npos) << finished.errors;
  EXPECT_FALSE(fs::exists(folder / "spin.db"));
}

}  // namespace
}  // namespace spin
