// Image folders whose classes the sweep leaves out.
#include "client/commands/class_count.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace spin::cli {
namespace {

namespace fs = std::filesystem;

class ClassCount : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto* name : {"cat", "dog", "wolf", "@eaDir", ".ipynb_checkpoints"})
      fs::create_directories(folder_ / "pets/train" / name);
  }
  SweepFile sweep(const std::string& dataset, const std::string& more = "") {
    return {"s.yaml",
            "version: 1\nname: s\ndataset: " + dataset +
                "\nnetwork: {family: convmixer, channels: 8, depth: 2, patch: 8, kernel: 3}\n" + more,
            {}};
  }
  std::string folder(const std::string& more = "") {
    return "{name: imagefolder, root: " + (folder_ / "pets").string() + more + "}";
  }
  static std::string refusal(SweepFile file) {
    const auto counted = count_classes(file);
    return counted.ok() ? "counted" : counted.error().message;
  }
  TempFolder folder_;
};

TEST_F(ClassCount, TheFolderTellsWhatTheFileLeavesOut) {
  auto file = sweep(folder());
  ASSERT_TRUE(count_classes(file).ok());
  const auto plan = plan_sweep(file.file, file.text, file.overrides);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->jobs.size(), 1U);
  ASSERT_EQ(file.overrides.size(), 1U);
  EXPECT_EQ(file.overrides[0].path, "dataset.classes");
  EXPECT_EQ(file.overrides[0].value, "3") << "system folders are no classes";

  // The same job as one that says so.
  auto said = sweep(folder(", classes: 3"));
  ASSERT_TRUE(count_classes(said).ok());
  EXPECT_TRUE(said.overrides.empty());
  const auto same = plan_sweep(said.file, said.text, said.overrides);
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->jobs[0].id, plan->jobs[0].id);
}

TEST_F(ClassCount, WhatIsNotInSightIsAskedFor) {
  EXPECT_EQ(
      refusal(sweep("{name: imagefolder, root: /no/such/folder}")),
      "s.yaml: dataset.classes is needed: /no/such/folder is not on this host; give the number of class "
      "folders in FOLDER/train, such as --set dataset.classes=10");
  EXPECT_NE(refusal(sweep("{name: imagefolder}")).find("no dataset.root says where the images lie"),
            std::string::npos);
  fs::create_directories(folder_ / "empty/train");
  EXPECT_NE(refusal(sweep("{name: imagefolder, root: " + (folder_ / "empty").string() + "}"))
                .find("empty/train holds no class folders"),
            std::string::npos);
  EXPECT_NE(refusal(sweep("{name: imagefolder, root: " + folder_.path().string() + "}"))
                .find("train: No such file or directory"),
            std::string::npos);
}

TEST_F(ClassCount, NothingElseIsTouched) {
  for (const auto& file : {sweep("mnist"), sweep("{name: synthetic, classes: 7}"), sweep("{name: nonsense}"),
                           sweep("{name: imagefolder, root: /no/such/folder, classes: 5}"),
                           sweep("{name: imagefolder, root: pictures}"),  // refused: no absolute path
                           sweep(folder(), "axes: {dataset.classes: [3, 4]}\n")}) {
    auto copy = file;
    EXPECT_TRUE(count_classes(copy).ok()) << file.text;
    EXPECT_TRUE(copy.overrides.empty()) << file.text;
  }
}

TEST_F(ClassCount, ACoordinatorThatIsNotToldAsksToo) {
  const auto file = sweep(folder());
  const auto plan = plan_sweep(file.file, file.text, file.overrides);
  ASSERT_FALSE(plan.ok());
  EXPECT_NE(
      plan.error().message.find("dataset.classes: is missing; give the number of class folders in train"),
      std::string::npos)
      << plan.error().message;
}

}  // namespace
}  // namespace spin::cli
