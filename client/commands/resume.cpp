#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/steer_target.h"
#include "client/commands/verbs.h"

namespace spin::cli {
namespace {

int resume(const Invocation& invocation, const std::string& target) {
  return steer_target(
      invocation, target, steer::Resume{},
      {.done = [](const std::string& jobs) { return fmt::format("resumed {} as workers become free", jobs); },
       .nothing = fmt::format("no job of {} was left to resume", target)});
}

}  // namespace

void add_resume(CLI::App& app, Invocation& invocation) {
  auto target = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("resume", "Goes on with a sweep or a job that was paused");
  add_target(*verb, *target);
  verb->footer(
      "\nJobs go on from their last checkpoint.\n\nExamples:\n  spinctl resume my-sweep\n"
      "  spinctl resume 3f9a2c41d07e");
  verb->callback([&invocation, target] {
    invocation.action = [&invocation, target] { return resume(invocation, *target); };
  });
}

}  // namespace spin::cli
