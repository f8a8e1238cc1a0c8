#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/steer_target.h"
#include "client/commands/verbs.h"

namespace spin::cli {
namespace {

int cancel(const Invocation& invocation, const std::string& target) {
  return steer_target(invocation, target, steer::Cancel{},
                      {.done = [](const std::string& jobs) { return "cancelled " + jobs; },
                       .nothing = fmt::format("nothing of {} was left to cancel", target)});
}

}  // namespace

void add_cancel(CLI::App& app, Invocation& invocation) {
  auto target = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("cancel", "Ends a sweep's jobs that are not final, or one job");
  add_target(*verb, *target);
  verb->footer(
      "\nWhat another live sweep needs goes on. `spinctl pause` stops for a while, and `spinctl retry` "
      "takes\n"
      "cancelled jobs up again.\n\nExamples:\n  spinctl cancel my-sweep\n  spinctl cancel 3f9a2c41d07e");
  verb->callback([&invocation, target] {
    invocation.action = [&invocation, target] { return cancel(invocation, *target); };
  });
}

}  // namespace spin::cli
