#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/control_client.h"
#include "client/commands/verbs.h"

namespace spin::cli {
namespace {

int cancel(const Invocation& invocation, const std::string& target) {
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto count = client->steer(target, steer::Cancel{});
  if (!count.ok()) return report(count.error());
  if (*count == 0) {
    complain(fmt::format("nothing of {} was left to cancel", target));
  } else {
    std::cout << fmt::format("cancelled {} job{}\n", *count, *count == 1 ? "" : "s");
  }
  return kDone;
}

}  // namespace

void add_cancel(CLI::App& app, Invocation& invocation) {
  auto target = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("cancel", "Cancels a sweep's jobs that are not final, or one job");
  verb->add_option("SWEEP|JOB", *target, "sweep: id or name; job: hash or SWEEP/NAME")->required();
  verb->footer("\nExamples:\n  spinctl cancel my-sweep\n  spinctl cancel 3f9a2c41d07e");
  verb->callback([&invocation, target] {
    invocation.action = [&invocation, target] { return cancel(invocation, *target); };
  });
}

}  // namespace spin::cli
