#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/steer_target.h"
#include "client/commands/verbs.h"

namespace spin::cli {
namespace {

int resume(const Invocation& invocation, const SteerOptions& options) {
  return steer_target(
      invocation, options, steer::Resume{},
      {.action = "resume",
       .done = [](const std::string& jobs) { return fmt::format("resumed {} as workers become free", jobs); },
       .nothing = fmt::format("no job of {} was left to resume", options.target)});
}

}  // namespace

void add_resume(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<SteerOptions>();
  auto* verb = app.add_subcommand("resume", "Goes on with a sweep or a job that was paused");
  add_target(*verb, *options);
  add_steer_format(*verb, *options);
  verb->footer(
      "\nJobs go on from their last checkpoint.\n\nExamples:\n  spinctl resume my-sweep\n"
      "  spinctl resume 3f9a2c41d07e");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return resume(invocation, *options); };
  });
}

}  // namespace spin::cli
