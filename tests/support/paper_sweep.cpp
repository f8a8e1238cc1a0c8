#include "tests/support/paper_sweep.h"
#include "tests/support/places.h"

#include <fstream>
#include <regex>
#include <sstream>

namespace spin {

std::string paper_sweep_path(const std::string& name) {
  return source_file("deploy/sweeps/paper/" + name + ".yaml");
}

std::string paper_sweep_text(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(paper_sweep_path(name)).rdbuf();
  return text.str();
}

std::vector<std::string> small_run_sets(const std::string& sweep_text) {
  std::istringstream lines(sweep_text);
  std::string head;
  for (std::string line; std::getline(lines, line) && line.starts_with('#');) head += line + "\n";
  static const std::regex kSet("--set (?:'([^']*)'|(\\S+))");
  std::vector<std::string> sets;
  for (std::sregex_iterator at(head.begin(), head.end(), kSet), end; at != end; ++at)
    sets.push_back((*at)[1].matched ? (*at)[1].str() : (*at)[2].str());
  return sets;
}

}  // namespace spin
