#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "client/commands/follow.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"

namespace spin::cli {
namespace {

int watch(const Invocation& invocation, const std::string& sweep) {
  Interrupt interrupt;
  auto client = ControlClient::make(invocation.address(), &interrupt);
  if (!client.ok()) return report(client.error());
  const auto display = make_display(STDOUT_FILENO);
  const auto followed = follow_sweep(*client, sweep, /*is_expected=*/false, *display, interrupt);
  display->close();
  if (!followed.ok()) return report_watch(followed.error(), sweep);
  if (!followed->stopped) return judge(followed->status);
  complain(fmt::format(
      "stopped watching; the sweep goes on. `spinctl watch {}` watches it again, `spinctl cancel {}` ends it",
      sweep, sweep));
  return 128 + interrupt.signal();
}

}  // namespace

void add_watch(CLI::App& app, Invocation& invocation) {
  auto sweep = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("watch", "Shows a sweep live until it is over; Ctrl-C leaves it running");
  verb->add_option("SWEEP", *sweep, "id or name")->required();
  verb->footer(
      "\nExit code 0 once every job has its result; 1 where one failed, was blocked or cancelled, or where "
      "the\n"
      "sweep is paused and nothing of it runs (`spinctl resume` goes on). The same holds for `submit "
      "--wait`.\n\nExamples:\n  spinctl watch my-sweep\n"
      "  spinctl watch 3 >> progress.log");
  verb->callback([&invocation, sweep] {
    invocation.action = [&invocation, sweep] { return watch(invocation, *sweep); };
  });
}

}  // namespace spin::cli
