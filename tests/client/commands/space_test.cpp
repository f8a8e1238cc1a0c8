#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "client/commands/invocation.h"
#include "tests/client/commands/spinctl.h"

// `spinctl space` and `spinctl paper` as people call them.

namespace spin::cli {
namespace {

class SpaceTest : public ::testing::Test {
 protected:
  TempFolder folder;
};

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void expect_complaint(const Finished& finished, const std::string& part) {
  EXPECT_EQ(finished.exit_code, kBadInput) << finished.errors;
  EXPECT_NE(finished.errors.find(part), std::string::npos) << finished.errors;
  EXPECT_EQ(finished.output, "");
}

TEST_F(SpaceTest, TablesForPeopleAndMachines) {
  const auto table = spinctl({"space", "--layers", "32", "--groups", "16"});
  EXPECT_EQ(table.exit_code, 0) << table.errors;
  EXPECT_NE(table.output.find("340282366920938463463374607431768211456"), std::string::npos) << table.output;
  const auto staged =
      spinctl({"space", "--layers", "4", "--groups", "3", "--stages", "2", "--format", "json"});
  ASSERT_EQ(staged.exit_code, 0) << staged.errors;
  const auto json = nlohmann::json::parse(staged.output);
  // Two stages of two layers with three tensors. The first stage takes one (3 ways), and the second one of
  // two (2) or both of them (2^2 - 1 = 3); or the first takes two (3 ways, 3 words each), the second the one
  // that is left.
  EXPECT_EQ(json.at(2).at("value"), "24");
  EXPECT_EQ(spinctl({"space", "--layers", "1024", "--groups", "1024", "--stages", "2"}).exit_code, 0);
}

TEST_F(SpaceTest, BadNumbersAreTwo) {
  expect_complaint(spinctl({"space"}), "--groups is missing");
  expect_complaint(spinctl({"space", "--layers", "0", "--groups", "1"}), "layers: 0");
  expect_complaint(spinctl({"space", "--layers", "8", "--groups", "9"}), "takes 1 to 8 groups");
  expect_complaint(spinctl({"space", "--layers", "8", "--groups", "2", "--stages", "3"}), "1, 2, 4, 8");
  expect_complaint(spinctl({"space", "--groups", "many"}), "many");
  expect_complaint(spinctl({"space", "--layers", "512", "--figure5", "-"}), "at most 256");
  expect_complaint(spinctl({"space", "--groups", "2", "--figure5", "-"}), "standard output");
}

TEST_F(SpaceTest, FigureGoesToAFileOrStandardOutput) {
  const auto file = folder / "figure5.svg";
  const auto drawn = spinctl({"space", "--figure5", file.string()});
  EXPECT_EQ(drawn.exit_code, 0) << drawn.errors;
  EXPECT_EQ(drawn.output, "");
  EXPECT_EQ(content(file).substr(0, 5), "<svg ");
  EXPECT_NE(content(file).find("32 (isotropic)"), std::string::npos);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  const auto mask = ::umask(0);
  ::umask(mask);
  EXPECT_EQ(status.st_mode & 0777U, 0666U & ~mask);
  EXPECT_EQ(spinctl({"space", "--layers", "12", "--figure5", file.string()}).exit_code, 0);  // replaced
  EXPECT_EQ(content(file), spinctl({"space", "--layers", "12", "--figure5", "-"}).output);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}),
            1);  // nothing temporary left
}

TEST_F(SpaceTest, FigureReplacesNothingButFiles) {
  expect_complaint(spinctl({"space", "--figure5", folder.path().string()}), "no regular file");
  expect_complaint(spinctl({"space", "--figure5", "/dev/null"}), "no regular file");
  expect_complaint(spinctl({"space", "--figure5", (folder / "none" / "f.svg").string()}), "No such file");
}

TEST(PaperVerb, ListsOneTableOrAll) {
  const auto four = spinctl({"paper", "4", "--format", "csv"});
  EXPECT_EQ(four.exit_code, 0) << four.errors;
  EXPECT_EQ(std::count(four.output.begin(), four.output.end(), '\n'), 10);
  const auto all = spinctl({"paper", "--format", "csv"});
  EXPECT_EQ(std::count(all.output.begin(), all.output.end(), '\n'), 69);
  expect_complaint(spinctl({"paper", "7"}), "Table 7 repeats rows of 4 to 6");
  expect_complaint(spinctl({"paper", "11"}), "give 1 to 6 or 8 to 10");
}

}  // namespace
}  // namespace spin::cli
