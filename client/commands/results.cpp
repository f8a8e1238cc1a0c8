#include <CLI/CLI.hpp>

#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/listings.h"

namespace spin::cli {
namespace {

struct ResultsOptions {
  std::string sweep;
  render::Format format = render::Format::table;
};

int list_results(const Invocation& invocation, const ResultsOptions& options) {
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto rows = client->results(options.sweep);
  if (!rows.ok()) return report(rows.error());
  print_listing(render::results_table(*rows), options.format, "the sweep has no results yet");
  for (const auto& line : render::mixed_data(*rows)) complain(line);
  return kDone;
}

constexpr const char* kResultsFooter = R"(
A network reads C/D/P/K: channels, depth, patch, kernel (C/D where the family is not convmixer); @40
behind it: images of 40 pixels where the data set's are others. top-1 is the mean over the seeds that
are done; of two or more their sample deviation (n - 1) follows. diff is the difference, in points, to
the same network without sharing.

Examples:
  spinctl results my-sweep
  spinctl results my-sweep --format markdown)";

}  // namespace

void add_results(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ResultsOptions>();
  auto* verb = app.add_subcommand(
      "results", "One row per cell: size, top-1 over its seeds, difference to the unshared network");
  verb->add_option("SWEEP", options->sweep, "id or name")->required();
  add_format(*verb, options->format);
  verb->footer(kResultsFooter);
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return list_results(invocation, *options); };
  });
}

}  // namespace spin::cli
