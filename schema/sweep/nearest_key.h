#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace spin::sweep {

/// The known path that somebody meant who wrote `path`: by the names that other tools give a setting, by its
/// last part alone ("epochs"), or by the least edits; empty where none is near.
std::string nearest_key(const std::string& path, const std::set<std::string>& leaves,
                        const std::map<std::string, std::vector<std::string>>& groups);

}  // namespace spin::sweep
