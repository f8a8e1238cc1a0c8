#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <nlohmann/json.hpp>

#include "schema/design/config_text.h"
#include "tests/schema/sweep/sweep_text.h"
#include "tests/support/places.h"

// Files put together and damaged at random: each is planned into jobs that keep the promises, or refused with
// its place.

namespace spin {
namespace {

using namespace std::literals;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t count) { return engine_() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class List>
  const auto& pick(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937_64 engine_;
};

struct Key {
  const char* path;
  std::vector<const char*> values;  ///< that make sense beside many others
};

const std::vector<Key>& keys() {
  static const std::vector<Key> kKeys = {
      {"dataset",
       {"fashion-mnist", "mnist", "{name: fashion-mnist, train_limit: 900}",
        "{name: imagefolder, classes: 3, root: /pets, id: größe}"}},
      {"network",
       {"{channels: 64, depth: 8, patch: 4, kernel: 3}", "{channels: 32, depth: 6, patch: 7, kernel: 5}"}},
      {"network.depth", {"4", "8", "12", "1"}},
      {"network.channels", {"16", "64", "96"}},
      {"network.activation", {"gelu", "relu"}},
      {"sharing",
       {"{rate: 2}", "{mapping: strided, rate: 4}", "{groups: 2x4}", "{layers: [0, 0, 1, 1]}", "~"}},
      {"network.family", {"convmixer", "convnext", "deit"}},
      {"network.resolution", {"28", "56", "4096"}},
      {"network.heads", {"1", "4", "7"}},
      {"network.mlp_ratio", {"4", "0.5", "2.3"}},
      {"sharing.mapping", {"none", "sequential", "strided", "pyramid", "random"}},
      {"sharing.distribution", {"uniform", "front", "middle", "back"}},
      {"sharing.seed", {"0", "7"}},
      {"transform", {"{kind: affine, group: 16}", "{kind: affine}", "{kind: none}"}},
      {"sharing.rate", {"1", "2", "3", "4", "8"}},
      {"sharing.components", {"[pointwise]", "[pointwise, depthwise, bias]", "[]"}},
      {"fusion", {"{strategy: mean}", "{strategy: choose_first, init: random}", "{strategy: none}"}},
      {"training", {"{epochs: 3}", "{epochs: 2, lr: 0.1, batch_size: 64}", "{}"}},
      {"training.epochs", {"1", "5"}},
      {"pretrain", {"{epochs: 1}", "{lr: 0.02}"}},
      {"axes", {"{sharing.rate: [1, 2, 4]}", "{network.depth: [4, 8], training.lr: [0.1, 0.2, 0.3]}", "~"}},
      {"zip", {"[{network.depth: [4, 8], training.epochs: [1, 2]}]", "[]"}},
      {"cells", {"[{network.depth: 4}, {}]", "[{sharing: {rate: 2}}, {fusion.strategy: none}]", "[]"}},
      {"exclude", {"[{network.depth: 4}]", "[{sharing.rate: 2, training.epochs: 3}]"}},
      {"limits", {"{params: 50000}", "{flops: 1.0e+6}"}},
      {"training.crop", {"none", "padded", "random_resized"}},
      {"training.accumulation", {"1", "2", "3"}},
      {"training.ema", {"0", "0.99"}},
      {"baselines",
       {"{unshared: true}", "{unshared: false}", "{scaling: [depth, channels]}",
        "{scaling: [channels], match: closest}", "{unshared: true, scaling: [depth], match: closest}"}},
      {"seeds", {"[0]", "[0, 1, 2]", "[9]"}},
      {"priority", {"0", "-5"}},
      {"max_attempts", {"1", "9"}}};
  return kKeys;
}

/// What stands where something else is expected.
constexpr std::array kOdd = {
    "~",       "-1",         "0",     "1e999", ".nan",    "0x10",    "99999999999999999999",
    "1.5",     "true",       "''",    "[]",    "{}",      "[[[1]]]", "{a: {b: c}}",
    "\"\\0\"", "2024-01-01", "*none", "&a *a", "!!x y",   "|\n  a",  "[1, 2",
    "{a: 1",   "- b",        "größe", "1024",  "65536x1", "<<",      "{<<: {epochs: 2}}",
    "'",       "%"};

/// Lines of a map; some dotted paths are written as maps, some keys misspelt, some values odd.
std::string random_lines(Dice& dice, std::size_t oddity) {
  std::string text;
  for (const auto& key : keys()) {
    const bool needed = std::string_view(key.path) == "dataset" || std::string_view(key.path) == "network";
    if (!needed && !dice.one_in(4)) continue;
    std::string path = key.path;
    if (dice.one_in(oddity)) path.erase(dice.below(path.size()), 1);
    const std::string value = dice.one_in(oddity) ? dice.pick(kOdd) : dice.pick(key.values);
    const auto dot = path.find('.');
    if (dot != std::string::npos && dice.one_in(3))
      text += path.substr(0, dot) + ":\n  " + path.substr(dot + 1) + ": " + value + "\n";
    else
      text += path + ": " + value + "\n";
  }
  return text;
}

/// One change of the kind that hands and disks make.
void damage(Dice& dice, std::string& text, const std::vector<std::string>& lines) {
  constexpr std::string_view kBytes = "\0\t\n\r \"#&'*,-:<>?[]{}|%!~0a\x80\xff"sv;
  const std::size_t at = dice.below(text.size() + 1);
  const std::size_t length = std::min(text.size() - at, dice.below(24));
  switch (dice.below(6)) {
    case 0:
      text.erase(at, length);
      break;
    case 1:
      text.insert(at, text.substr(at, length));
      break;
    case 2:
      text.insert(at, 1, dice.pick(kBytes));
      break;
    case 3:
      if (at < text.size()) text[at] = dice.pick(kBytes);
      break;
    case 4:
      text.insert(at, dice.pick(kOdd));
      break;
    default: {
      const auto line = text.find('\n', at);
      text.insert(line == std::string::npos ? text.size() : line + 1, dice.pick(lines) + "\n");
    }
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Without holding them, the same jobs come in the same order, or the same refusal.
void expect_same_when_streamed(const Result<SweepPlan>& planned, const std::string& text,
                               const std::vector<Override>& overrides) {
  std::vector<JobId> ids;
  const auto visit = [&](const PlannedJob& job, const Cell&, const CanonicalText&) {
    ids.push_back(job.id);
    return Status();
  };
  const auto totals = visit_jobs("s.yaml", text, overrides, visit);
  std::vector<JobId> ids_alone;
  const auto checked = visit_ids({"s.yaml", text, overrides}, [&](const JobId& id) {
    ids_alone.push_back(id);
    return Status();
  });
  ASSERT_EQ(totals.ok(), planned.ok());
  ASSERT_EQ(checked.ok(), planned.ok());
  if (!planned.ok()) {
    EXPECT_EQ(totals.error().message, planned.error().message);
    EXPECT_EQ(checked.error().message, planned.error().message);
    return;
  }
  EXPECT_EQ(ids_alone, ids);
  EXPECT_EQ(checked->cells, totals->cells);
  ASSERT_EQ(ids.size(), planned->jobs.size());
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], planned->jobs[i].id);
  EXPECT_EQ(totals->cells, static_cast<std::int64_t>(planned->cells.size()));
}

/// As nlohmann::json writes it, whatever the writer has written before, and the same in parts.
void expect_canonical_text(ConfigText& texts, const Task& config) {
  const auto& text = texts.of(config);
  EXPECT_EQ(text, nlohmann::json::parse(text).dump());
  EXPECT_EQ(text, ConfigText().of(config));
  std::string joined;
  for (const auto part : texts.last().parts()) joined += part;
  EXPECT_EQ(joined, text);
}

/// Planned jobs are what the contract promises; a refusal names its place. True where it was planned.
bool keeps_promises(const std::string& text, const std::vector<Override>& overrides) {
  const auto planned = plan_sweep("s.yaml", text, overrides);
  expect_same_when_streamed(planned, text, overrides);
  if (!planned.ok()) {
    const auto& message = planned.error().message;
    EXPECT_TRUE(message.starts_with("s.yaml:") || message.starts_with("--set ")) << message;
    EXPECT_NE(planned.error().code, ErrorCode::internal) << message;
    return false;
  }
  ConfigText texts;
  for (std::size_t i = 0; i < planned->jobs.size(); ++i) {
    const auto& job = planned->jobs[i];
    EXPECT_TRUE(validate(train_of(job)).ok()) << text;
    EXPECT_EQ(job_id(job.task), job.id) << text;
    expect_canonical_text(texts, job.task);
    const auto read = config_from_json(config_to_json(train_of(job)));
    EXPECT_TRUE(read.ok() && *read == train_of(job)) << text;
    for (const auto& [role, needed] : job.inputs)
      EXPECT_TRUE(std::any_of(planned->jobs.begin(), planned->jobs.begin() + static_cast<std::ptrdiff_t>(i),
                              [&](const auto& before) { return before.id == needed; }))
          << text;
  }
  return true;
}

std::vector<Override> random_overrides(Dice& dice) {
  std::vector<Override> overrides;
  while (dice.one_in(3)) {
    const auto& key = dice.pick(keys());
    overrides.push_back({key.path, dice.one_in(3) ? dice.pick(kOdd) : dice.pick(key.values)});
  }
  return overrides;
}

TEST(RandomFile, OfKnownKeysIsPlannedOrRefused) {
  int planned = 0;
  for (std::uint64_t seed = 0; seed < 1'500; ++seed) {
    Dice dice(seed);
    const auto text = "version: 1\nname: random\n" + random_lines(dice, seed % 3 == 0 ? 1'000'000 : 12);
    SCOPED_TRACE(text);
    planned += keeps_promises(text, seed % 2 == 0 ? std::vector<Override>{} : random_overrides(dice)) ? 1 : 0;
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(planned, 100);
  EXPECT_LT(planned, 1'400);
}

TEST(RandomFile, ThatWasGoodOnceIsPlannedOrRefused) {
  std::vector<std::string> good;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_file("deploy/sweeps"))) {
    if (entry.path().extension() != ".yaml") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    good.push_back(text.str());
  }
  std::sort(good.begin(), good.end());  // folders have no order
  ASSERT_FALSE(good.empty());
  int planned = 0;
  for (std::uint64_t seed = 0; seed < 1'500; ++seed) {
    Dice dice(seed);
    std::string text = dice.pick(good);
    const auto lines = lines_of(dice.pick(good));
    for (std::size_t count = 1 + dice.below(6); count > 0; --count) damage(dice, text, lines);
    SCOPED_TRACE(text);
    planned += keeps_promises(text, {}) ? 1 : 0;
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(planned, 100);
  EXPECT_LT(planned, 1'400);
}

}  // namespace
}  // namespace spin
