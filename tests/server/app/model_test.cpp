#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "schema/base/sha256.h"
#include "tests/server/app/daemon_fixture.h"
#include "tests/server/app/fake_worker.h"
#include "tests/server/app/people.h"
#include "tests/support/file_size_limit.h"

// `spinctl model`: what a worker has trained leaves the coordinator as files.

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCell = "study/convmixer-16-4-4-3";
constexpr const char* kFourSeeds = R"(version: 1
name: study
dataset: fashion-mnist
network: {family: convmixer, channels: 16, depth: 4, patch: 4, kernel: 3}
training: {epochs: 1, batch_size: 64}
seeds: [0, 1, 2, 3]
)";

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class ModelTest : public DaemonTest {
 protected:
  /// Three of four seeds are done, the second of them best.
  void SetUp() override {
    spind_.emplace(start());
    ASSERT_TRUE(People(address()).submit(kFourSeeds).ok());
    FakeWorker worker(address());
    worker.welcome();
    for (const double top1 : {60.0, 75.0, 70.0}) finish_one(worker, top1);
    for (const auto& row : People(address()).jobs("study"))
      if (row.has_top1()) by_top1_[row.top1()] = row.name();
    ASSERT_EQ(by_top1_.size(), 3U);
  }
  static void finish_one(FakeWorker& worker, double top1) {
    worker.offer(1);
    worker.finish(*worker.lease(), top1);
  }
  void stop_spind() {
    spind_->signal(SIGTERM);
    ASSERT_EQ(spind_->wait(kLimit), 0) << spind_->output();
  }
  std::vector<std::string> command(const std::string& target, std::vector<std::string> more = {}) {
    std::vector<std::string> words{program("spinctl"), "model", target, "-o", out().string()};
    if (std::find(more.begin(), more.end(), "--db") == more.end())
      more.insert(more.end(), {"--connect", address()});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Finished take(const std::string& target, std::vector<std::string> more = {}) {
    return run_command(command(target, std::move(more)), folder_.path().string(), kLimit);
  }
  [[nodiscard]] fs::path out() const { return folder_ / "out"; }
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> names;
    if (fs::exists(out()))
      for (const auto& entry : fs::directory_iterator(out())) names.insert(entry.path().filename().string());
    return names;
  }
  /// Where the coordinator keeps the model of a job.
  [[nodiscard]] fs::path artifact_of(const std::string& name) const {
    const auto hash = to_hex(sha256(model_of(name)));
    return folder_ / "spind.db.artifacts" / hash.substr(0, 2) / hash;
  }
  static std::string model_of(const std::string& name) { return "model of " + name; }
  [[nodiscard]] std::string best() const { return by_top1_.at(75); }

  const std::set<std::string> all_{"model.safetensors", "card.md", "load.py"};
  std::optional<Process> spind_;
  std::map<double, std::string> by_top1_;  ///< names of the jobs that are done
};

TEST_F(ModelTest, OfAJobIsWhatItsWorkerUploaded) {
  const auto name = by_top1_.at(60);
  const auto taken = take("study/" + name);
  ASSERT_EQ(taken.exit_code, 0) << taken.errors;
  EXPECT_EQ(taken.output, "wrote the model of " + name + " (" + std::to_string(model_of(name).size()) +
                              " B) to " + (out() / "model.safetensors").string() +
                              ", with card.md and load.py\n`python3 " + (out() / "load.py").string() +
                              "` runs it in PyTorch\n");
  EXPECT_EQ(files(), all_);
  EXPECT_EQ(text_of(out() / "model.safetensors"), model_of(name));
  const auto card = text_of(out() / "card.md");
  for (const std::string& part :
       {"# " + name, to_hex(sha256(model_of(name))), std::string("| top-1 % | 60.00 |"),
        "spinctl model study/" + name + " -o ", std::string("\"family\":\"convmixer\"")})
    EXPECT_TRUE(contains(card, part)) << part << '\n' << card;
  EXPECT_TRUE(contains(text_of(out() / "load.py"), "torch.tensor([0.286])"));
}

TEST_F(ModelTest, OfACellIsTheBestSeedsOrTheOneThatIsAskedFor) {
  const auto taken = take(kCell);
  ASSERT_EQ(taken.exit_code, 0) << taken.errors;
  EXPECT_EQ(text_of(out() / "model.safetensors"), model_of(best()));
  EXPECT_TRUE(taken.output.starts_with("seed " + best().substr(best().size() - 1) +
                                       " has the best top-1 of the 3 seeds done, 75.00 %\n"))
      << taken.output;

  const auto other = by_top1_.at(70);
  const auto seed = take(kCell, {"--seed", other.substr(other.size() - 1), "--force", "--format", "json"});
  ASSERT_EQ(seed.exit_code, 0) << seed.errors;
  EXPECT_EQ(text_of(out() / "model.safetensors"), model_of(other));
  const auto object = nlohmann::json::parse(seed.output);
  EXPECT_EQ(object.at("name"), other);
  EXPECT_EQ(object.at("top1"), 70);
  EXPECT_EQ(object.at("sha256"), to_hex(sha256(model_of(other))));
  EXPECT_EQ(object.at("bytes"), model_of(other).size());
  EXPECT_EQ(object.at("folder"), out().string());
}

TEST_F(ModelTest, WritesOverNothingUnlessItIsForced) {
  fs::create_directory(out());
  std::ofstream(out() / "card.md") << "mine";
  const auto refused = take(kCell);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(contains(refused.errors, (out() / "card.md").string() + " is there already; --force"))
      << refused.errors;
  EXPECT_EQ(files(), std::set<std::string>{"card.md"});
  EXPECT_EQ(text_of(out() / "card.md"), "mine");
  EXPECT_EQ(take(kCell, {"--force"}).exit_code, 0);
  EXPECT_EQ(files(), all_);
  EXPECT_TRUE(contains(text_of(out() / "card.md"), best()));
}

TEST_F(ModelTest, ThatIsDamagedOrGoneLeavesNothing) {
  std::ofstream(artifact_of(best()), std::ios::binary) << std::string(model_of(best()).size(), 'x');
  const auto damaged = take(kCell);
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_TRUE(contains(damaged.errors, best() + " is damaged: its bytes are not those of its SHA-256"))
      << damaged.errors;
  EXPECT_FALSE(fs::exists(out()));

  fs::create_directory(out());
  std::ofstream(out() / "notes") << "mine";
  fs::remove(artifact_of(best()));
  const auto gone = take(kCell);
  EXPECT_EQ(gone.exit_code, 2);
  EXPECT_TRUE(contains(gone.errors, "the model of " + best() + " is gone: there is no artifact "))
      << gone.errors;
  EXPECT_EQ(files(), std::set<std::string>{"notes"});
}

TEST_F(ModelTest, LeavesNothingWhereTheDiskIsFull) {
  const FileSizeLimit limit(1000);  // the model fits, the card does not
  const auto full = take(kCell);
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_TRUE(contains(full.errors, (out() / "card.md").string() + ": ")) << full.errors;
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(ModelTest, LeavesNothingWhereItIsInterrupted) {
  ::signal(SIGINT, SIG_DFL);
  fs::resize_file(artifact_of(best()), std::uintmax_t{16} << 30);  // of holes: it takes a while
  Process spinctl(command(kCell), log(), folder_.path().string());
  const auto has_begun = [&] {
    for (const auto& name : files())
      if (name.starts_with("model.safetensors") && fs::file_size(out() / name) > 0) return true;
    return !spinctl.running();
  };
  ASSERT_TRUE(eventually(kLimit, has_begun)) << spinctl.output();
  spinctl.signal(SIGINT);
  EXPECT_EQ(spinctl.wait(kLimit), 130) << spinctl.output();
  EXPECT_TRUE(contains(spinctl.output(), "stopped; nothing was written")) << spinctl.output();
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(ModelTest, OfWhatIsNotDoneIsRefusedWithItsState) {
  const auto expect = [this](const std::string& target, const std::string& reason,
                             std::vector<std::string> more = {}) {
    const auto refused = take(target, std::move(more));
    EXPECT_EQ(refused.exit_code, 2) << target;
    EXPECT_TRUE(contains(refused.errors, reason)) << target << ": " << refused.errors;
    EXPECT_FALSE(fs::exists(out())) << target;
  };
  std::string open;
  for (const auto& row : People(address()).jobs("study"))
    if (!row.has_top1()) open = row.name();
  expect("study/" + open, open + " has no model: it is ready; `spinctl watch study` shows when it is done");
  expect(kCell, "it is ready", {"--seed", open.substr(open.size() - 1)});
  expect(kCell, "sweep study has no job 'convmixer-16-4-4-3.s9'", {"--seed", "9"});
  expect("study/convmixer-16-4-4", "sweep study has no job 'convmixer-16-4-4'");
  expect("nothing/at-all", "there is no sweep 'nothing'");
  expect("0123456789ab", "there is no job whose hash begins with");
  expect("0123456789ab", "--seed chooses a job of a cell", {"--seed", "1"});

  FakeWorker worker(address(), "w2");
  worker.welcome();
  worker.offer(1);
  const auto lease = *worker.lease();
  worker.report(lease, AttemptStarted{});
  worker.report(lease, AttemptFinished{.result = {Outcome::diverged,
                                                  {{Metric::params, 1000},
                                                   {Metric::flops, 2000},
                                                   {Metric::images_per_second, 10},
                                                   {Metric::peak_bytes, 1},
                                                   {Metric::seconds, 2}}},
                                       .outputs = {}});
  worker.wait_for_acks();
  expect("study/" + open, open + " has no model: it is diverged");

  ASSERT_TRUE(People(address()).submit(kSweep).ok());
  ASSERT_TRUE(People(address()).cancel("study").ok());
  expect("study/convmixer-16-4-4-3.sequential-2", "it is cancelled");
}

TEST_F(ModelTest, IsReadFromABackupBesideItsFolderOfArtifacts) {
  stop_spind();
  fs::create_directory(folder_ / "archive");
  fs::copy_file(database(), folder_ / "archive/copy.db");
  const auto gone = take(kCell, {"--db", path("archive/copy.db")});
  EXPECT_EQ(gone.exit_code, 2);
  EXPECT_TRUE(contains(gone.errors, " in " + path("archive/copy.db.artifacts"))) << gone.errors;
  EXPECT_FALSE(fs::exists(out()));
  EXPECT_FALSE(fs::exists(folder_ / "archive/copy.db.artifacts")) << "it only reads";

  fs::copy(folder_ / "spind.db.artifacts", folder_ / "archive/copy.db.artifacts",
           fs::copy_options::recursive);
  ::chmod(path("archive").c_str(), 0500);
  const auto taken = take(kCell, {"--db", path("archive/copy.db")});
  ::chmod(path("archive").c_str(), 0700);
  ASSERT_EQ(taken.exit_code, 0) << taken.errors;
  EXPECT_EQ(text_of(out() / "model.safetensors"), model_of(best()));
}

}  // namespace
}  // namespace spin
