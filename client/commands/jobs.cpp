#include <CLI/CLI.hpp>

#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/listings.h"

namespace spin::cli {
namespace {

struct JobsOptions {
  std::string sweep;
  render::Format format = render::Format::table;
};

int list_jobs(const Invocation& invocation, const JobsOptions& options) {
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto rows = client->jobs(options.sweep);
  if (!rows.ok()) return report(rows.error());
  print_listing(render::jobs_table(*rows), options.format, "the sweep has no jobs");
  return kDone;
}

}  // namespace

void add_jobs(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<JobsOptions>();
  auto* verb = app.add_subcommand(
      "jobs", "Every job of a sweep: state, size, how far it is, accuracy, attempts, reason");
  verb->add_option("SWEEP", options->sweep, "id or name")->required();
  add_format(*verb, options->format);
  verb->footer(
      "\n`done` is the share of its training that a job has behind it. `reason` says why it failed or is "
      "blocked,\n"
      "and why one that could run does not: paused, jobs of a higher priority, no worker that has what it "
      "needs.\n"
      "\nExamples:\n  spinctl jobs my-sweep\n  spinctl jobs 3 --format csv > jobs.csv");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return list_jobs(invocation, *options); };
  });
}

}  // namespace spin::cli
