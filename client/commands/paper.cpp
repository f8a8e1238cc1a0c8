#include <optional>

#include <CLI/CLI.hpp>

#include "client/commands/options.h"
#include "client/commands/paper_tables.h"
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
  if (options.table)
    if (const auto status = check_paper_table(*options.table); !status.ok()) return report(status.error());
  print_listing(render::paper_table(options.table ? published_rows(*options.table) : published_rows()),
                options.format, "");
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
      "`spinctl compare` has yours beside them.\n\nExamples:\n  spinctl paper 4\n  spinctl paper --format "
      "csv > paper.csv");
  verb->callback([&invocation, options] { invocation.action = [options] { return paper(*options); }; });
}

}  // namespace spin::cli
