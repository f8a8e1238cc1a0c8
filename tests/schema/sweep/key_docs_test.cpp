#include "schema/sweep/key_docs.h"

#include <algorithm>
#include <regex>

#include "schema/sweep/keys.h"
#include "schema/sweep/setting_table.h"
#include "tests/schema/sweep/sweep_text.h"

namespace spin::sweep {
namespace {

const KeyDoc* find_doc(const std::string& path) {
  const auto& docs = key_docs();
  const auto found =
      std::find_if(docs.begin(), docs.end(), [&](const auto& doc) { return doc.path == path; });
  return found == docs.end() ? nullptr : &*found;
}

bool is_list_of_points(const std::string& path) {
  return path == "axes" || path == "zip" || path == "cells" || path == "exclude";
}

TEST(KeyDocs, EveryKeyIsToldOnceAndNoOther) {
  for (const auto& setting : setting_table()) EXPECT_TRUE(find_doc(setting.path)) << setting.path;
  for (const auto& doc : key_docs()) {
    EXPECT_TRUE(document_keys().is_leaf(doc.path) || doc.path == "axes") << doc.path;
    EXPECT_EQ(std::count_if(key_docs().begin(), key_docs().end(),
                            [&](const auto& other) { return other.path == doc.path; }),
              1)
        << doc.path;
  }
  for (const char* path :
       {"version", "name", "description", "zip", "cells", "exclude", "limits.params", "limits.flops",
        "baselines.unshared", "baselines.scaling", "baselines.match", "seeds", "requires.device",
        "requires.memory", "requires.labels", "priority", "max_attempts"})
    EXPECT_TRUE(find_doc(path)) << path;
}

TEST(KeyDocs, EachHasWords) {
  for (const auto& doc : key_docs()) {
    EXPECT_NE(doc.type, "") << doc.path;
    EXPECT_NE(doc.meaning, "") << doc.path << ": add it to key_docs.cpp";
    EXPECT_NE(doc.otherwise, "") << doc.path;
  }
}

/// A sweep in which the setting has an effect.
std::string sweep_for(const std::string& path) {
  const auto name = path.substr(path.find('.') + 1);
  std::string more = "network.family: convmixer\n";
  if (name == "layer_scale" || name == "mlp_ratio" || name == "stochastic_depth")
    more = "network.family: convnext\n";
  if (name == "token_ratio") more = "network.family: mlp_mixer\n";
  if (name == "heads") more = "network.family: deit\n";
  if (name == "momentum") more += "training.optimizer: sgd\n";
  if (name == "crop_padding") more += "training.crop: padded\n";
  if (name == "crop_scale") more += "training.crop: random_resized\n";
  if (name == "base_momentum" || name == "max_momentum") more += "training.cycle_momentum: true\n";
  if (name == "random_erasing_mode") more += "training.random_erasing: 0.5\n";
  if (name.starts_with("randaugment.")) more += "training.randaugment.layers: 2\n";
  if (path.starts_with("transform.") || path.starts_with("fusion.") || name == "distribution" ||
      name == "seed")
    more += "sharing: {mapping: sequential, rate: 2}\n";
  if (path == "transform.group") more += "transform.kind: affine\n";
  if (path == "fusion.init") more += "fusion.strategy: mean\n";
  return "version: 1\nname: small\ndataset: fashion-mnist\nnetwork: {channels: 64, depth: 8, patch: 4, "
         "kernel: 3}\n" +
         more;
}

bool stands_in(const std::string& sweep, const std::string& path) {
  return sweep.find(path + ":") != std::string::npos;
}

std::vector<JobId> ids_of(const SweepPlan& plan) {
  std::vector<JobId> ids;
  for (const auto& job : plan.jobs) ids.push_back(job.id);
  return ids;
}

TEST(KeyDocs, TheDefaultIsWhatHoldsWhereTheKeyIsMissing) {
  int checked = 0;
  for (const auto& doc : key_docs()) {
    if (is_list_of_points(doc.path) || doc.path.starts_with("pretrain.") ||
        stands_in(sweep_for(doc.path), doc.path) || doc.otherwise == "empty" ||
        doc.otherwise.find_first_of(" :'") != std::string::npos || doc.otherwise == "any" ||
        (doc.otherwise == "none" && !find_setting(doc.path)) || doc.path.starts_with("sharing.groups") ||
        doc.path == "sharing.layers")
      continue;
    const auto sweep = sweep_for(doc.path);
    EXPECT_EQ(ids_of(good_plan(sweep)), ids_of(good_plan(sweep, {doc.path + "=" + doc.otherwise})))
        << doc.path;
    ++checked;
  }
  EXPECT_GE(checked, 35);
}

TEST(KeyDocs, TheRangeIsTheOneThatIsRefusedBeyond) {
  const std::regex plain("(odd, )?([-+.e0-9]+ to (below )?[-+.e0-9]+)");
  int checked = 0;
  for (const auto& doc : key_docs()) {
    std::smatch range;
    const bool is_plain = std::regex_match(doc.accepted, range, plain);
    if (!is_plain || doc.path.starts_with("pretrain.") || doc.path == "dataset.resolution") continue;
    const bool of_folder = doc.path == "dataset.classes";
    const auto message = bad_plan(sweep_for(doc.path), {of_folder ? "dataset.name=synthetic" : "seeds=[0]",
                                                        doc.path + "=-2000000"})
                             .message;
    EXPECT_NE(message.find((range[1].matched ? "odd, " : "from ") + range[2].str()), std::string::npos)
        << doc.path << ": " << message;
    ++checked;
  }
  EXPECT_GE(checked, 25);
}

TEST(KeyDocs, TheStrengthOfRandAugmentIsOnTheScaleOfItsSet) {
  EXPECT_EQ(find_doc("training.randaugment.magnitude")->accepted, "0 to 30; increasing: 0 to 10");
  for (const auto& [increasing, greatest] : {std::pair("false", 30), std::pair("true", 10)}) {
    const auto sweep = small_sweep(std::string("training.randaugment.increasing: ") + increasing + "\n");
    const auto with = [](int magnitude) {
      return "training.randaugment.magnitude=" + std::to_string(magnitude);
    };
    good_plan(sweep, {with(greatest)});
    EXPECT_NE(bad_plan(sweep, {with(greatest + 1)}).message.find("0 to " + std::to_string(greatest)),
              std::string::npos)
        << increasing;
  }
}

TEST(KeyDocs, WhatTheFolderSaysIsNoFixedDefault) {
  EXPECT_NE(find_doc("dataset.classes")->otherwise.find("counted where spinctl sees the folder"),
            std::string::npos);
}

TEST(KeyDocs, OtherToolsNamesAreUnderstood) {
  const auto advice = [](const std::string& key) {
    const auto message = bad_plan(small_sweep(key + ": 1\n")).message;
    return message.substr(message.rfind("; ") + 2);
  };
  EXPECT_EQ(advice("learning_rate"), "did you mean training.lr?");
  EXPECT_EQ(advice("training.learning-rate"), "did you mean training.lr?");
  EXPECT_EQ(advice("batch"), "did you mean training.batch_size?");
  EXPECT_EQ(advice("Batch-Size"), "did you mean training.batch_size?");
  EXPECT_EQ(advice("wd"), "did you mean training.weight_decay?");
  EXPECT_EQ(advice("n_epochs"), "did you mean training.epochs?");
  EXPECT_EQ(advice("epochs"), "did you mean training.epochs?");
  EXPECT_EQ(advice("momentum"), "did you mean training.momentum?");
  EXPECT_EQ(advice("rate"), "did you mean sharing.rate?");
  EXPECT_EQ(advice("seed"), "did you mean seeds?");
  EXPECT_EQ(advice("axes.learning_rate"), "did you mean axes.training.lr?");
  EXPECT_EQ(advice("axes.epochs"), "did you mean axes.training.epochs?");
}

}  // namespace
}  // namespace spin::sweep
