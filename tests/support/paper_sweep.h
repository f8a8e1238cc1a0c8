#pragma once

#include <string>
#include <vector>

namespace spin {

/// Path of deploy/sweeps/paper/NAME.yaml.
std::string paper_sweep_path(const std::string& name);
std::string paper_sweep_text(const std::string& name);
/// The overrides of the small run that the head of a paper sweep describes: "network.patch=4", ...
std::vector<std::string> small_run_sets(const std::string& sweep_text);

}  // namespace spin
