#include "tests/schema/sweep/sweep_text.h"

namespace spin {
namespace {

using Names = std::vector<std::string>;

TEST(Override, IsPathAndValue) {
  const auto parsed = parse_override("sharing.groups=1x2=3");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->path, "sharing.groups");
  EXPECT_EQ(parsed->value, "1x2=3");
  for (const char* bad : {"", "=3", "network.depth", "network depth=3", "Network=3"}) {
    const auto refused = parse_override(bad);
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  }
}

TEST(Override, ReplacesWhatTheFileSays) {
  const auto planned =
      good_plan(small_sweep(), {"network.depth=4", "network.kernel=5", "name=other", "seeds=[7]"});
  EXPECT_EQ(planned.name, "other");
  EXPECT_EQ(job_names(planned), Names{"convmixer-64-4-4-5.s7"});
}

TEST(Override, ReplacesWholeMapsAndLists) {
  const auto text = small_sweep("axes: {sharing.mapping: [sequential, strided], sharing.rate: [2, 4]}\n");
  EXPECT_EQ(job_names(good_plan(text, {"axes={sharing.rate: [8]}"})),
            Names{"convmixer-64-8-4-3.sequential-8.s0"});
  EXPECT_EQ(job_names(good_plan(text, {"axes.sharing.rate=[3]"})),
            (Names{"convmixer-64-8-4-3.sequential-3.s0", "convmixer-64-8-4-3.strided-3.s0"}));
  EXPECT_EQ(job_names(good_plan(text, {"axes="})), Names{"convmixer-64-8-4-3.s0"});
  const auto limited = good_plan(small_sweep("cells: [{network.depth: 2}]\n"),
                                 {"dataset={name: mnist, train_limit: 900}", "cells=[{network.depth: 3}]"});
  EXPECT_EQ(job_names(limited), Names{"convmixer-64-3-4-3.s0"});
  EXPECT_EQ(train_of(limited.jobs[0]).dataset.train_limit, 900);
  const auto renamed = good_plan(small_sweep(), {"dataset={name: mnist, train_limit: 900}", "dataset=mnist"});
  EXPECT_EQ(train_of(renamed.jobs.at(0)).dataset.train_limit, 0);
}

TEST(Override, AnAxisKeepsItsPlace) {
  const auto text = small_sweep("axes: {network.depth: [8, 4], sharing.rate: [2, 4]}\n");
  EXPECT_EQ(job_names(good_plan(text, {"axes.network.depth=[6, 4]"})).front(),
            "convmixer-64-6-4-3.sequential-2.s0");
}

TEST(Override, DisplacesATopologyOfTheFile) {
  const auto planned =
      good_plan(small_sweep("sharing: {mapping: strided, rate: 2}\n"), {"sharing.groups=2x4"});
  EXPECT_EQ(planned.cells.at(0).sharing, "groups 2x4");
  EXPECT_EQ(good_plan(small_sweep("sharing: {groups: 2x4}\n"), {"sharing.rate=2"}).cells.at(0).sharing,
            "sequential 2");
}

TEST(Override, OfTextIsTheTextAsItStands) {
  for (const std::string text :
       {"/data/a #b", "/data/a: b", "/data/%x", "/data/'q'", "/data/[1, 2]", "/data/=x"})
    EXPECT_EQ(train_of(good_plan(small_sweep(), {"dataset.root=" + text}).jobs.at(0)).dataset.root, text);
  for (const char* text : {"%x", "@x", "*x", "~", "&x", "!x", "- x", "{x", "#"})
    EXPECT_NE(bad_plan(small_sweep(), {"dataset.root=" + std::string(text)})
                  .message.find("'" + std::string(text) + "'"),
              std::string::npos)
        << text;
  EXPECT_EQ(
      train_of(good_plan(small_sweep("dataset.root: /data\n"), {"dataset.root="}).jobs.at(0)).dataset.root,
      "");
  for (const std::string text : {"lr: second try", "# of blocks", "", "*", "~", "null", "a, b", "\"quoted\""})
    EXPECT_EQ(good_plan(small_sweep(), {"description=" + text}).description, text);
  EXPECT_EQ(good_plan(small_sweep(), {"sharing.groups=4x2"}).cells.at(0).sharing, "groups 4x2");
  EXPECT_EQ(good_plan(small_sweep(), {"requires.labels=[a100, b]"}).requirements.labels,
            (std::vector<std::string>{"a100", "b"}));
}

TEST(Override, TheLastOneHolds) {
  EXPECT_EQ(train_of(good_plan(small_sweep(), {"training.epochs=5", "training.epochs=6"}).jobs.at(0))
                .training.epochs,
            6);
}

TEST(Override, IsNamedInErrors) {
  EXPECT_EQ(bad_plan(small_sweep("sharing: {mapping: strided, rate: 2}\n"), {"sharing.rate=9"}).message,
            "--set sharing.rate=9: 9 is above the depth; a network of 8 layers takes a rate from 1 to 8");
  EXPECT_EQ(bad_plan(small_sweep(), {"network.dpeth=9"}).message,
            "--set network.dpeth=9: is no key of a sweep; did you mean network.depth?");
  EXPECT_EQ(bad_plan(small_sweep(), {"network={depth: x}"}).message,
            "--set network={depth: x}: network.depth: 'x' stands here; a whole number is expected");
  EXPECT_EQ(bad_plan(small_sweep(), {"seeds=[1,"}).message.substr(0, 32), "--set seeds=[1,: is not YAML: en");
}

TEST(Override, ThatAnAxisWouldHideIsRefused) {
  EXPECT_EQ(
      bad_plan(small_sweep("axes: {training.epochs: [1, 2]}\n"), {"training.epochs=5"}).message,
      "--set training.epochs=5: the sweep walks training.epochs as an axis; replace the axis with --set "
      "axes.training.epochs=[...]");
}

TEST(Override, OfOneWayToSayATopologyIsRefusedWhereAnotherDisplacesIt) {
  EXPECT_EQ(bad_plan(small_sweep("axes: {sharing.groups: [4x2, 2x4]}\n"), {"sharing.rate=8"}).message,
            "--set sharing.rate=8: the sweep walks sharing.groups as an axis; replace the axis with --set "
            "axes.sharing.groups=[...]");
  EXPECT_EQ(
      bad_plan(small_sweep("cells: [{sharing.groups: 4x2}, {sharing.layers: [0, 0, 0, 0, 1, 1, 1, 1]}]\n"),
               {"sharing.rate=8"})
          .message,
      "--set sharing.rate=8: every cell of the sweep says which layers share; replace the list with --set "
      "'cells=[...]'");
}

TEST(Override, ThatEveryCellWouldHideIsRefused) {
  EXPECT_EQ(bad_plan(small_sweep("cells: [{network.depth: 2}, {network: {depth: 4}}]\n"), {"network.depth=6"})
                .message,
            "--set network.depth=6: every cell of the sweep sets network.depth; replace the list with --set "
            "'cells=[...]'");
  const auto cells =
      good_plan(small_sweep("cells: [{network.depth: 2}, {training.epochs: 4}]\n"), {"network.depth=6"});
  EXPECT_EQ(train_of(cells.jobs.at(1)).network.depth, 6);
}

}  // namespace
}  // namespace spin
