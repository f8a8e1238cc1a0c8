#include "tests/schema/sweep/sweep_text.h"

// What a person cannot see, or takes for something else.

namespace spin {
namespace {

std::string unseen_refusal(const std::string& more) { return bad_plan(small_sweep(more)).message; }

TEST(Unseen, IsNamedByCodePointInKeys) {
  EXPECT_EQ(unseen_refusal("priority\u200b: 3\n"),
            "s.yaml:6: priority\\u200b: is no key of a sweep; it holds U+200B ZERO WIDTH SPACE; written "
            "plainly it is "
            "priority");
  EXPECT_EQ(unseen_refusal("\u00a0 priority: 3\n"),
            "s.yaml:6: \\u00a0 priority: is no key of a sweep; it holds U+00A0 NO-BREAK SPACE; written "
            "plainly it is "
            "priority");
  EXPECT_EQ(
      unseen_refusal("training.\uff4cr: 3\n"),
      "s.yaml:6: training.\uff4cr: is no key of a sweep; it holds U+FF4C FULLWIDTH l; written plainly it is "
      "training.lr");
  EXPECT_EQ(
      unseen_refusal("tr\u0430ining.lr: 3\n"),
      "s.yaml:6: tr\u0430ining.lr: is no key of a sweep; it holds U+0430 CYRILLIC SMALL LETTER A; written "
      "plainly it is training.lr");
  EXPECT_EQ(
      unseen_refusal("\ufeffseeds: [1]\n"),
      "s.yaml:6: \\ufeffseeds: is no key of a sweep; it holds U+FEFF ZERO WIDTH NO-BREAK SPACE (byte order "
      "mark); written plainly it is seeds");
  EXPECT_EQ(
      unseen_refusal("sharing:\n\u00a0\u00a0mapping: strided\n"),
      "s.yaml:7: \\u00a0\\u00a0mapping: is no key of a sweep; it holds U+00A0 NO-BREAK SPACE; keys are plain "
      "letters, and YAML takes plain spaces alone for a margin");
}

TEST(Unseen, IsNamedInValues) {
  EXPECT_EQ(unseen_refusal("network.activation: relu\u00a0\n"),
            "s.yaml:6: network.activation: 'relu\\u00a0' stands here, with U+00A0 NO-BREAK SPACE in it; gelu "
            "| relu "
            "is expected");
  EXPECT_EQ(
      unseen_refusal("training.lr: 1e\u22123\n"),
      "s.yaml:6: training.lr: '1e\u22123' stands here, with U+2212 MINUS SIGN in it; a number is expected");
  EXPECT_EQ(unseen_refusal("dataset.root: \"/data/\\e[2J\"\n"),
            "s.yaml:6: dataset.root: holds U+001B ESCAPE; text on one line is expected");
  EXPECT_EQ(unseen_refusal("description: \"bell\\a\"\n"),
            "s.yaml:6: description: holds U+0007 BELL, which is no text");
}

TEST(Unseen, IsNamedInNames) {
  EXPECT_EQ(bad_plan(small_sweep(), {"name=a\u200bb"}).message,
            "--set name=a\\u200bb: 'a\\u200bb' is no name, since it holds U+200B ZERO WIDTH SPACE; 1 to 128 "
            "letters, "
            "digits, - _ . are accepted");
  const auto refused = parse_override("training\u00a0.lr=3");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            "--set training\\u00a0.lr=3: is not PATH=VALUE, since U+00A0 NO-BREAK SPACE stands in PATH; "
            "write --set "
            "network.depth=8, for example");
}

TEST(Unseen, IsNamedWhereTheYamlBreaks) {
  const auto message = unseen_refusal("seeds: [0\nsharing\uff1a {rate: 2}\n");
  EXPECT_NE(message.find("is not YAML: "), std::string::npos) << message;
  EXPECT_NE(message.find("; here stands U+FF1A FULLWIDTH :"), std::string::npos) << message;
}

TEST(Unseen, NeverReachesATerminalRaw) {
  const auto message = unseen_refusal("\"\\e[2J\\u202E\": 3\n");
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_NE(message.find("\\x1b[2J\\u202e: is no key"), std::string::npos) << message;
}

TEST(Unseen, AByteOrderMarkAtTheBeginningIsNoFault) {
  EXPECT_EQ(only_id("\ufeff" + small_sweep()), only_id(small_sweep()));
}

TEST(Unseen, InAFolderIsToldInANote) {
  const auto planned = good_plan(small_sweep(), {"dataset.root=/data/jose\u0301"});
  EXPECT_EQ(planned.notes, (std::vector<std::string>{
                               "dataset.root '/data/jose\u0301' holds U+0301 COMBINING ACUTE ACCENT; the "
                               "folder's name must hold it too"}));
  EXPECT_TRUE(good_plan(small_sweep(), {"dataset.root=/data/josé"}).notes.empty());
}

}  // namespace
}  // namespace spin
