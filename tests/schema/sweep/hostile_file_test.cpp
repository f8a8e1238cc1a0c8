#include "tests/schema/sweep/sweep_text.h"

// Files that no person writes by hand: broken, huge, or made to take all memory.

namespace spin {
namespace {

TEST(HostileFile, BrokenYaml) {
  EXPECT_EQ(bad_plan("version: 1\nname: [a\n").message.substr(0, 9), "s.yaml:3:");
  EXPECT_NE(bad_plan("version: 1\nname: [a\n").message.find("is not YAML: "), std::string::npos);
  EXPECT_NE(bad_plan("a: b: c\n").message.find("s.yaml:1: is not YAML: "), std::string::npos);
  EXPECT_NE(bad_plan("a: *b\n").message.find("is not YAML: "), std::string::npos);
}

TEST(HostileFile, NotAMap) {
  EXPECT_EQ(bad_plan("").message, "s.yaml:1: is empty; a sweep file begins with version: 1");
  EXPECT_EQ(bad_plan("# nothing\n").message, "s.yaml:1: is empty; a sweep file begins with version: 1");
  EXPECT_EQ(bad_plan("- a\n").message,
            "s.yaml:1: a list stands here; a map that begins with version: 1 is expected");
  EXPECT_EQ(bad_plan("text\n").message,
            "s.yaml:1: 'text' stands here; a map that begins with version: 1 is expected");
}

TEST(HostileFile, TwoDocumentsAndDuplicateKeys) {
  EXPECT_EQ(bad_plan(small_sweep("---\nversion: 1\n")).message,
            "s.yaml:6: a second document begins; a sweep file holds one");
  EXPECT_EQ(bad_plan(small_sweep("name: again\n")).message,
            "s.yaml:6: the key 'name' stands twice in one map; give it once");
  EXPECT_EQ(bad_plan(small_sweep("[a]: 3\n")).message,
            "s.yaml:6: a list stands as a key; a key is plain text");
  EXPECT_EQ(bad_plan(small_sweep("<<: 3\n")).message,
            "s.yaml:6: << merges maps, but '3' stands here; give an alias of a map");
}

TEST(HostileFile, KeysOfOnesOwnMayHoldAnything) {
  const auto id = only_id(small_sweep("training.lr: 0.5\n"));
  EXPECT_EQ(only_id(small_sweep("x-recipe: &recipe {training.lr: 0.5}\n<<: *recipe\n")), id);
  EXPECT_EQ(only_id(small_sweep(".recipe: &recipe {training.lr: 0.5}\n<<: *recipe\n")), id);
  EXPECT_EQ(only_id(small_sweep("x-list: [1, {a: b}]\nx-text: hello\nx-none:\ntraining.lr: 0.5\n")), id);
  EXPECT_EQ(bad_plan(small_sweep("x-a: 1\nx-a: 2\n")).message,
            "s.yaml:7: the key 'x-a' stands twice in one map; give it once");
  EXPECT_EQ(bad_plan(small_sweep("sharing: {x-a: 1}\n")).message.substr(0, 44),
            "s.yaml:6: sharing.x-a: is no key of a sweep;");
}

TEST(HostileFile, TwoMergesInOneMapAreBothMerged) {
  const auto network = [](const std::string& map) {
    return good_plan(
               "version: 1\nname: m\ndataset: mnist\nx-a: &a {channels: 8, depth: 2, patch: 7}\n"
               "x-b: &b {depth: 4, kernel: 3}\nnetwork: {" +
               map + "}\n")
        .cells.at(0)
        .network;
  };
  // As PyYAML reads them: of two merges the later holds, of the list of one merge the earlier.
  EXPECT_EQ(network("<<: *a, <<: *b"), "8/4/7/3");
  EXPECT_EQ(network("<<: *b, <<: *a"), "8/2/7/3");
  EXPECT_EQ(network("<<: [*a, *b]"), "8/2/7/3");
  EXPECT_EQ(network("<<: *a, depth: 6, <<: *b"), "8/6/7/3");
}

TEST(HostileFile, BytesThatAreNotUtf8) {
  for (const char* bytes : {"\xff", "\xc3(", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    EXPECT_EQ(bad_plan("version: 1\nname: a" + std::string(bytes)).message,
              "s.yaml:2: holds bytes that are not UTF-8; save the file as UTF-8");
  EXPECT_EQ(good_plan(small_sweep("description: größe €\n")).description, "größe €");
}

TEST(HostileFile, TooLarge) {
  const auto error = bad_plan(small_sweep("# " + std::string(kMaxSweepFileBytes, 'x')));
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_NE(error.message.find("a sweep file may hold 1048576 (1 MiB)"), std::string::npos);
}

TEST(HostileFile, LongKey) {
  EXPECT_EQ(bad_plan(small_sweep("? " + std::string(257, 'k') + "\n: 1\n")).message,
            "s.yaml:6: a key of 257 bytes; at most 256 are accepted");
}

TEST(HostileFile, NestedTooDeep) {
  const auto nested = [](std::size_t levels) {
    return small_sweep("zip: " + std::string(levels, '[') + std::string(levels, ']') + "\n");
  };
  EXPECT_EQ(bad_plan(nested(63)).code, ErrorCode::invalid_argument);  // deep enough to read, and no zip
  for (const std::size_t levels : {64UL, 1'000UL, 400'000UL}) {
    const auto error = bad_plan(nested(levels));
    EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
    EXPECT_EQ(error.message, "s.yaml:6: nests deeper than 64 levels, which is the limit");
  }
}

TEST(HostileFile, NestedTooDeepThroughAliases) {
  std::string text = small_sweep("a0: &a0 [1]\n");
  for (int i = 1; i < 80; ++i)
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_EQ(bad_plan(text).code, ErrorCode::resource_exhausted);
}

TEST(HostileFile, BillionLaughs) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int k = 0; k < 9; ++k) text += ", " + alias;
    text += "]\n";
  }
  const auto error = bad_plan(text);
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_NE(error.message.find("once its aliases are written out, which is the limit"), std::string::npos);
}

TEST(HostileFile, BillionMerges) {
  std::string text = "a: &a {";
  for (int i = 0; i < 20'000; ++i) text += "k" + std::to_string(i) + ": 1, ";
  text += "z: 1}\nb:\n";
  for (int i = 0; i < 20'000; ++i) text += "- {<<: *a}\n";
  EXPECT_EQ(bad_plan(text).code, ErrorCode::resource_exhausted);
}

TEST(HostileFile, AnAliasWithinItself) {
  EXPECT_EQ(bad_plan(small_sweep("zip: &a [*a]\n")).message,
            "s.yaml:6: an alias stands within its own anchor; it would never end");
}

TEST(HostileFile, TooManyJobs) {
  std::string thousand;
  for (int i = 1; i <= 1'000; ++i) thousand += (i == 1 ? "" : ", ") + std::to_string(i);
  const auto error = bad_plan(small_sweep("axes: {training.epochs: [" + thousand + "], training.lr: [" +
                                          thousand + "]}\nseeds: [0, 1]\n"));
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_EQ(
      error.message,
      "s.yaml: asks for 2000000 jobs, counted before exclude and limits; a sweep may have at most 1000000");

  std::string text = small_sweep("axes:\n");
  for (const char* path : {"training.epochs", "training.lr", "training.batch_size", "training.weight_decay",
                           "training.mixup", "training.cutmix", "network.channels"})
    text += "  " + std::string(path) + ": [" + thousand + "]\n";
  EXPECT_NE(bad_plan(text).message.find("asks for more than 10^15 jobs"), std::string::npos);
}

TEST(HostileFile, TooManyComparisons) {
  std::string text = small_sweep(
      "axes: {training.epochs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\nseeds: [0]\nzip:\n- training.lr: [");
  for (int i = 1; i < 1'000; ++i) text += std::to_string(i) + ", ";
  text += "1.5]\nexclude:\n";
  for (int i = 0; i < 1'001; ++i) text += "- {training.epochs: 3}\n";
  const auto error = bad_plan(text);
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_EQ(error.message.substr(0, 47), "s.yaml: exclude has 1001 maps for 10000 cells; ");
}

TEST(HostileFile, TooManyLayers) {
  std::string text = small_sweep() + "seeds: [";
  for (int i = 0; i < 70'000; ++i) text += std::to_string(i) + ",";
  const auto error = bad_plan(text + "]\n", {"network.depth=1024"});
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_NE(error.message.find("more than 67108864 layers together"), std::string::npos);
}

TEST(HostileFile, EveryBeginningOfAGoodFileIsReadOrRefused) {
  const std::string text = small_sweep(
      "axes: {sharing.rate: [2, 4]}\ncells:\n  - &a {network.depth: 8}\n"
      "  - {<<: *a, network.kernel: 5}\nbaselines: {unshared: true}\n");
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto planned = plan(text.substr(0, length));
    if (!planned.ok()) {
      EXPECT_EQ(planned.error().message.substr(0, 7), "s.yaml:") << length;
    }
  }
}

}  // namespace
}  // namespace spin
