// Networks that were really trained leave the coordinator, and Python runs them.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/e2e/cluster.h"
#include "tests/support/places.h"

namespace spin {
namespace {

using std::chrono::seconds;

const std::string kPython = "/usr/bin/python3";

/// Each family, with layers that share in every way that a file can hold.
constexpr const char* kZoo = R"(version: 1
name: zoo
dataset: {name: fashion-mnist, train_limit: 2000, eval_limit: 1000}
training: {epochs: 2, batch_size: 32}
cells:
  - network: {family: convmixer, channels: 32, depth: 4, patch: 4, kernel: 3, pointwise_residual: true}
    sharing: {mapping: sequential, rate: 2, components: [pointwise, depthwise, bias, bn]}
  - network: {family: convmixer, channels: 32, depth: 4, patch: 7, kernel: 5, activation: relu}
    sharing: {mapping: strided, rate: 2, components: [pointwise, depthwise]}
    transform: {kind: affine, group: 8}
  - network: {family: convnext, channels: 32, depth: 3, patch: 4, kernel: 3, layer_scale: 0.1}
    sharing: {mapping: sequential, rate: 3}
    fusion: {strategy: mean, init: random}
  - network: {family: convnext, channels: 32, depth: 2, patch: 4, kernel: 7}
  - network: {family: deit, channels: 32, depth: 3, patch: 7, heads: 4}
    sharing: {mapping: sequential, rate: 2}
    transform: {kind: affine, group: 4}
    training: {lr: 0.003}
  - network: {family: mlp_mixer, channels: 32, depth: 3, patch: 7}
    sharing: {mapping: sequential, rate: 2, components: [token_mixing]}
)";

/// For each folder a line of JSON: the share of 1000 images whose class is found, and of those whose class is
/// among five.
constexpr const char* kEvaluate = R"(import gzip, json, runpy, sys, torch
torch.set_num_threads(1)
def read(name, skip):
    return torch.frombuffer(bytearray(gzip.open("/usr/share/datasets/fashion-mnist/" + name).read()[skip:]), dtype=torch.uint8)
images = read("t10k-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28)[:1000]
labels = read("t10k-labels-idx1-ubyte.gz", 8)[:1000]
for folder in sys.argv[1:]:
    load = runpy.run_path(folder + "/load.py")
    with torch.no_grad():
        found = load["network"](load["normalise"](images)).topk(5, 1).indices == labels[:, None]
    print(json.dumps([found[:, :1].sum().item() / 10, found.sum().item() / 10]))
)";

TEST(TakenModel, FindsInPythonWhatItsTrainerFound) {
  const auto mark = unique_mark();
  if (run_command({kPython, "-c", "import torch"}, mark, seconds(120)).exit_code != 0)
    GTEST_SKIP() << kPython
                 << " has no torch: Debian's python3-torch brings it, but not beside LibTorch with CUDA";
  const TempFolder folder;
  std::ofstream(folder / "zoo.yaml") << kZoo;
  std::ofstream(folder / "evaluate.py") << kEvaluate;
  const auto spinctl = [&](std::vector<std::string> words) {
    words.insert(words.begin(), program("spinctl"));
    words.insert(words.end(), {"--db", folder / "spin.db", "--format", "json"});
    const auto finished = run_command(words, mark, seconds(250));
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return nlohmann::json::parse(finished.output, nullptr, false);
  };
  spinctl({"run", folder / "zoo.yaml"});
  const auto jobs = spinctl({"jobs", "zoo"});
  ASSERT_EQ(jobs.size(), 6U);
  std::vector<std::string> evaluation{kPython, folder / "evaluate.py"};
  for (const auto& job : jobs) {
    const auto name = job.at("name").get<std::string>();
    spinctl({"model", "zoo/" + name, "-o", folder / name});
    evaluation.push_back(folder / name);
  }
  const auto noise = run_command({kPython, evaluation.back() + "/load.py"}, mark, seconds(120));
  EXPECT_EQ(noise.exit_code, 0) << noise.errors;
  EXPECT_TRUE(noise.output.starts_with("tensor([[")) << noise.output;
  const auto evaluated = run_command(evaluation, mark, seconds(250));
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.errors;
  std::istringstream lines(evaluated.output);
  for (const auto& job : jobs) {
    const auto name = job.at("name").get<std::string>();
    const auto result = spinctl({"job", "zoo/" + name}).at("result");
    std::string line;
    ASSERT_TRUE(std::getline(lines, line)) << name;
    const auto found = nlohmann::json::parse(line);
    EXPECT_GT(result.at("top1").get<double>(), 25) << name;
    // Python adds in another order: an image or two may fall on the other side.
    EXPECT_NEAR(found.at(0).get<double>(), result.at("top1").get<double>(), 0.21) << name;
    EXPECT_NEAR(found.at(1).get<double>(), result.at("top5").get<double>(), 0.21) << name;
  }
}

}  // namespace
}  // namespace spin
