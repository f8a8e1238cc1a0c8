// Where a sweep says that its data lie.
#include "tests/schema/sweep/sweep_text.h"

namespace spin {
namespace {

using Places = std::vector<DataPlace>;

std::string pictures(const std::string& more) {
  return "version: 1\nname: pictures\nnetwork: {channels: 64, depth: 8, patch: 4, kernel: 3}\n"
         "dataset: {name: imagefolder, classes: 3}\n" +
         more;
}

TEST(SweepData, APlanSaysWhereEachDataSetLies) {
  EXPECT_EQ(good_plan(small_sweep()).data, (Places{{"fashion-mnist", ""}}));
  EXPECT_EQ(good_plan(small_sweep("dataset.root: /data/\n")).data, (Places{{"fashion-mnist", "/data"}}));
  EXPECT_EQ(good_plan(pictures("axes: {dataset.root: [/b, /a/]}\n")).data,
            (Places{{"imagefolder /a", "/a"}, {"imagefolder /b", "/b"}}));
  EXPECT_EQ(good_plan(pictures("zip: [{dataset.root: [/b, /a], dataset.id: [cats, dogs]}]\n")).data,
            (Places{{"imagefolder cats", "/b"}, {"imagefolder dogs", "/a"}}));
}

TEST(SweepData, TheSameDataInTwoPlacesAreRefused) {
  EXPECT_EQ(
      bad_plan(small_sweep("axes: {dataset.root: [/a, /b]}\n")).message,
      "s.yaml:6: dataset.root: fashion-mnist is to be read in '/b', and elsewhere in this sweep in '/a'; "
      "the same data lie in one place (cell dataset.root: /b)");
  EXPECT_EQ(bad_plan(pictures("dataset.id: pets\naxes: {dataset.root: [/a, /b]}\n")).message,
            "s.yaml:6: dataset.root: imagefolder pets is to be read in '/b', and elsewhere in this sweep in "
            "'/a'; give folders of different pictures another dataset.id each (cell dataset.root: /b)");
  EXPECT_NE(bad_plan(small_sweep("cells: [{dataset.root: /a}, {training.lr: 0.1}]\n"))
                .message.find("to be read where it usually lies, and elsewhere in this sweep in '/a'"),
            std::string::npos);
}

TEST(SweepData, OnlyAnImagefolderHasAnId) {
  EXPECT_EQ(bad_plan(small_sweep("dataset.id: mine\n")).message,
            "s.yaml:6: dataset.id: 'mine' is given to fashion-mnist, which is known by its name; only an "
            "imagefolder has an id");
}

}  // namespace
}  // namespace spin
