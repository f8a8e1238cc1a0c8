#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/steer_target.h"
#include "client/commands/verbs.h"

namespace spin::cli {
namespace {

int cancel(const Invocation& invocation, const SteerOptions& options) {
  return steer_target(invocation, options, steer::Cancel{},
                      {.action = "cancel",
                       .done = [](const std::string& jobs) { return "cancelled " + jobs; },
                       .nothing = fmt::format("nothing of {} was left to cancel", options.target)});
}

}  // namespace

void add_cancel(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<SteerOptions>();
  auto* verb = app.add_subcommand("cancel", "Ends a sweep's jobs that are not final, or one job");
  add_target(*verb, *options);
  add_steer_format(*verb, *options);
  verb->footer(
      "\nWhat another live sweep needs goes on. `spinctl pause` stops for a while, and `spinctl retry` "
      "takes\n"
      "cancelled jobs up again.\n\nExamples:\n  spinctl cancel my-sweep\n  spinctl cancel 3f9a2c41d07e");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return cancel(invocation, *options); };
  });
}

}  // namespace spin::cli
