#pragma once

#include <string>
#include <vector>

#include "client/render/table.h"
#include "schema/base/result.h"
#include "schema/sweep/plan.h"

namespace CLI {
class App;
}

// Options that several verbs share.

namespace spin::cli {

/// --format table|json|csv|markdown, and jsonl where `lines` says that it was given. What is referred to
/// outlives the app.
void add_format(CLI::App& app, render::Format& format, bool* lines = nullptr,
                const char* help = "how to write the listing; default: table");

/// FILE and --set PATH=VALUE as typed.
struct SweepSource {
  std::string file;
  std::vector<std::string> sets;
};
void add_sweep_source(CLI::App& app, SweepSource& source);

/// Reads, but does not plan; counts the classes of an image folder where the file leaves them out. "-" is
/// standard input. not_found or invalid_argument.
Result<SweepFile> read_sweep(const SweepSource& source);

}  // namespace spin::cli
