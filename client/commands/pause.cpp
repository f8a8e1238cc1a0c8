#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/steer_target.h"
#include "client/commands/verbs.h"

namespace spin::cli {
namespace {

int pause(const Invocation& invocation, const SteerOptions& options) {
  const auto done = [&options](const std::string& jobs) {
    return fmt::format("paused {}; `spinctl resume {}` goes on", jobs, options.target);
  };
  return steer_target(
      invocation, options, steer::Pause{},
      {.action = "pause",
       .done = done,
       .nothing =
           fmt::format("no job of {} was stopped: none is left, or other sweeps need them", options.target)});
}

}  // namespace

void add_pause(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<SteerOptions>();
  auto* verb = app.add_subcommand("pause", "Stops a sweep or a job until it is resumed; nothing is lost");
  add_target(*verb, *options);
  add_steer_format(*verb, *options);
  verb->footer(
      "\nRunning jobs stop after the step in hand and keep a checkpoint; any worker goes on from it after\n"
      "`spinctl resume`. What another live sweep needs goes on. Of a large sweep nothing starts after the "
      "answer;\n"
      "its jobs show it a little later.\n\nExamples:\n  spinctl pause my-sweep\n"
      "  spinctl pause my-sweep/convmixer-64-8-4-3.s0");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return pause(invocation, *options); };
  });
}

}  // namespace spin::cli
