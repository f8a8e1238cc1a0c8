#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

// What the documents name is there: sweeps, commands with their options, files, tests.

namespace spin {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Every match of the first group.
std::vector<std::string> found_in(const std::string& text, const std::string& expression) {
  const std::regex regex(expression);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    found.push_back((*at)[1].str());
  return found;
}

/// The blocks between ```yaml and ```, without the indentation that they have in a list.
std::vector<std::string> sweeps_in(const std::string& text) {
  std::vector<std::string> sweeps;
  std::size_t indentation = std::string::npos;
  for (const auto& line : lines_of(text)) {
    if (const auto at = line.find("```"); at != std::string::npos) {
      if (line.substr(at) == "```yaml") sweeps.emplace_back();
      indentation = line.substr(at) == "```yaml" ? at : std::string::npos;
    } else if (indentation != std::string::npos) {
      sweeps.back() += line.substr(std::min(line.size(), indentation)) + '\n';
    }
  }
  return sweeps;
}

/// The commands of ours, each from the program's name on, lines that end in a backslash joined.
std::vector<std::string> commands_in(const std::string& text) {
  const auto joined = std::regex_replace(text, std::regex(R"(\\\n *)"), "");
  return found_in(joined, R"(((?:spinctl|spind|spin-worker|spin-train) [^`\n#]*))");
}

class Documents : public testing::Test {
 protected:
  Finished run(const std::vector<std::string>& command) {
    return run_command(command, folder_.path().string(), seconds(60));
  }
  /// The help of a program, or of its verb where `word` is one.
  const std::string& help_of(const std::string& name, const std::string& word) {
    const bool is_verb = std::regex_match(word, std::regex("[a-z]+"));
    auto& help = helps_[name + " " + (is_verb ? word : "")];
    if (!help.empty()) return help;
    help = run({program(name), "--help"}).output;
    const bool is_known = is_verb && help.find("\n  " + word + " ") != std::string::npos;
    if (is_known) help += run({program(name), word, "--help"}).output;
    return help;
  }

  TempFolder folder_;
  const std::string readme_ = read_text(source_file("README.md"));

 private:
  std::map<std::string, std::string> helps_;
};

TEST_F(Documents, EachSweepOfTheReadmeIsOne) {
  const auto sweeps = sweeps_in(readme_);
  ASSERT_GE(sweeps.size(), 2U);
  for (const auto& sweep : sweeps) {
    std::ofstream(folder_ / "sweep.yaml", std::ios::binary | std::ios::trunc) << sweep;
    const auto planned = run({program("spinctl"), "plan", folder_ / "sweep.yaml"});
    EXPECT_EQ(planned.exit_code, 0) << planned.errors << sweep;
    EXPECT_EQ(planned.output.find("note: "), std::string::npos) << planned.output;
  }
}

TEST_F(Documents, EachSweepInDeployIsOne) {
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source_file("deploy/sweeps"))) {
    if (entry.path().extension() != ".yaml") continue;
    const auto planned = run({program("spinctl"), "plan", entry.path()});
    EXPECT_EQ(planned.exit_code, 0) << entry.path() << planned.errors;
    EXPECT_EQ(planned.output.find("note: "), std::string::npos) << entry.path() << planned.output;
    ++count;
  }
  EXPECT_GE(count, 13);
}

TEST_F(Documents, EachOptionInACommandIsOne) {
  int options = 0;
  for (const char* document : {"README.md", "CONTRIBUTING.md", "deploy/prometheus/prometheus.yml"}) {
    for (const auto& command : commands_in(read_text(source_file(document)))) {
      std::istringstream words(command);
      std::string name, first;
      words >> name >> first;
      for (const auto& option : found_in(command, "(?:^| )(--[a-z-]+)")) {
        EXPECT_NE(help_of(name, first).find(option), std::string::npos)
            << document << ": " << command << ": no " << option;
        ++options;
      }
    }
  }
  EXPECT_GE(options, 40);
}

TEST_F(Documents, EachFileIsThere) {
  for (const char* document : {"README.md", "CONTRIBUTING.md"}) {
    const auto text = read_text(source_file(document));
    for (const auto& expression : {R"(\]\(([^)#:]+)\))", R"([^\w/]((?:deploy|tests)/[\w/.-]*\w))"})
      for (const auto& path : found_in(text, expression))
        EXPECT_TRUE(fs::exists(source_file(path))) << document << ": " << path;
  }
}

/// The tests of each file below tests/, as SUITE.NAME.
std::map<std::string, std::set<std::string>> tests_by_file() {
  const fs::path root = source_file("tests");
  std::map<std::string, std::set<std::string>> tests;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".cpp") continue;
    const std::regex regex(R"(\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\))");
    const auto text = read_text(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
      tests[entry.path().lexically_relative(root)].insert((*at)[1].str() + "." + (*at)[2].str());
  }
  return tests;
}

/// `*` stands for anything, `...` too.
std::regex pattern_of(const std::string& name) {
  std::string text = std::regex_replace(name, std::regex(R"(\.\.\.)"), "*");
  text = std::regex_replace(text, std::regex(R"(\.)"), R"(\.)");
  return std::regex(std::regex_replace(text, std::regex(R"(\*)"), ".*"));
}

TEST_F(Documents, EachTestOfTheFaultMatrixIsThere) {
  const auto tests = tests_by_file();
  int named = 0;
  for (const auto& line : lines_of(read_text(source_file("tests/FAULTS.md")))) {
    if (!line.starts_with("| ")) continue;
    const auto shown_by = line.substr(line.rfind(" | "));
    std::string file;
    for (const auto& word : found_in(shown_by, "`([^`]+)`")) {
      if (word.find('/') != std::string::npos) {
        file = word;
        EXPECT_TRUE(fs::exists(source_file("tests/" + file))) << line;
        continue;
      }
      const auto pattern = pattern_of(word);
      const auto found = tests.find(file);
      const bool is_there = found != tests.end() &&
                            std::any_of(found->second.begin(), found->second.end(),
                                        [&](const auto& name) { return std::regex_match(name, pattern); });
      EXPECT_TRUE(is_there) << file << " has no test " << word;
      ++named;
    }
  }
  EXPECT_GE(named, 150);
}

}  // namespace
}  // namespace spin
