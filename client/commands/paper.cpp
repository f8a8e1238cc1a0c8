#include <algorithm>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/paper_listing.h"

namespace spin::cli {
namespace {

struct PaperOptions {
  std::optional<int> table;
  render::Format format = render::Format::table;
};

int paper(const PaperOptions& options) {
  auto rows = published_rows();
  if (options.table) std::erase_if(rows, [&](const auto& row) { return row.table != *options.table; });
  if (rows.empty())
    return report(
        {ErrorCode::invalid_argument,
         fmt::format("TABLE: the paper has no results in table {}; give 1 to 6 or 8 to 10{}", *options.table,
                     *options.table == 7 ? " (Table 7 repeats rows of 4 to 6)" : "")});
  print_listing(render::paper_table(std::move(rows)), options.format, "");
  return kDone;
}

}  // namespace

void add_paper(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<PaperOptions>();
  auto* verb = app.add_subcommand(
      "paper", "The figures that the SPIN paper publishes, to compare with; needs no coordinator");
  verb->add_option("TABLE", options->table, "number of the paper's table; default: all of them");
  add_format(*verb, options->format);
  verb->footer(
      "\nTop-1 is on ImageNet. Table 7 repeats rows of Tables 4 to 6 beside networks of other people.\n"
      "\nExamples:\n  spinctl paper 4\n  spinctl paper --format csv > paper.csv");
  verb->callback([&invocation, options] { invocation.action = [options] { return paper(*options); }; });
}

}  // namespace spin::cli
