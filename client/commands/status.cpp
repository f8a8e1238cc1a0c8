#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/listings.h"

namespace spin::cli {
namespace {

struct StatusOptions {
  std::string sweep;
  render::Format format = render::Format::table;
};

int show_status(const Invocation& invocation, const StatusOptions& options) {
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto sweeps = client->status(options.sweep);
  if (!sweeps.ok()) return report(sweeps.error());
  print_listing(render::status_table(*sweeps, wall_ms()), options.format, "no sweeps yet");
  if (options.format == render::Format::table)
    for (const auto& sweep : *sweeps)
      if (!sweep.hint.empty())
        std::cout << fmt::format("\nnothing of sweep {} ({}) runs: {}\n", sweep.id.value, sweep.name,
                                 sweep.hint);
  const bool has_detail = !options.sweep.empty() && options.format == render::Format::table;
  if (has_detail && sweeps->size() == 1 && !sweeps->front().running.empty()) {
    std::cout << '\n';
    render::write_table(std::cout, render::running_table(sweeps->front().running), options.format,
                        style_of(STDOUT_FILENO));
  }
  return kDone;
}

}  // namespace

void add_status(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<StatusOptions>();
  auto* verb = app.add_subcommand("status", "Sweeps with counts, work done and time left");
  verb->add_option("SWEEP", options->sweep, "this sweep alone, and its running jobs");
  add_format(*verb, options->format);
  verb->footer("\nExamples:\n  spinctl status\n  spinctl status my-sweep --format json");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return show_status(invocation, *options); };
  });
}

}  // namespace spin::cli
