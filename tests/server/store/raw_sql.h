#pragma once

#include <filesystem>
#include <string>
#include <vector>

// SQLite beside spin's own code, to make databases that spin did not make and to see what is in one.

namespace spin {

/// Runs the statements, in a file that is made where it is missing; a failure fails the test.
void run_sql(const std::filesystem::path& path, const std::string& sql);

/// Each row as the text of its values with | between them; a failure fails the test.
std::vector<std::string> rows_of(const std::filesystem::path& path, const std::string& sql);

}  // namespace spin
