#include <CLI/CLI.hpp>

#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/listings.h"

namespace spin::cli {
namespace {

int list_workers(const Invocation& invocation, render::Format format) {
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto workers = client->workers();
  if (!workers.ok()) return report(workers.error());
  print_listing(render::workers_table(workers->rows, wall_ms()), format,
                "no workers yet; start one with `spin-worker`");
  return kDone;
}

}  // namespace

void add_workers(CLI::App& app, Invocation& invocation) {
  auto format = std::make_shared<render::Format>(render::Format::table);
  auto* verb = app.add_subcommand("workers", "Every worker that ever attached: devices, slots, state");
  add_format(*verb, *format);
  verb->footer("\nExamples:\n  spinctl workers\n  spinctl workers --format json");
  verb->callback([&invocation, format] {
    invocation.action = [&invocation, format] { return list_workers(invocation, *format); };
  });
}

}  // namespace spin::cli
