#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/checks.h"

namespace spin::cli {
namespace {

struct DoctorOptions {
  bool deep = false;
  render::Format format = render::Format::table;
};

int doctor(const Invocation& invocation, const DoctorOptions& options) {
  Interrupt interrupt;
  auto client = ControlClient::make(invocation.address(), &interrupt);
  if (!client.ok()) return report(client.error());
  const auto checks = client->examine(options.deep);
  if (interrupt.signal() != 0) return 128 + interrupt.signal();
  if (!checks.ok()) return report(checks.error());
  if (options.format == render::Format::table) {
    render::write_checks(std::cout, *checks, style_of(STDOUT_FILENO));
  } else {
    print_listing(render::checks_table(*checks), options.format, "nothing was checked");
  }
  const bool has_failed = std::any_of(checks->begin(), checks->end(), [](const CheckRow& check) {
    return check.state == CheckState::failed;
  });
  return has_failed ? kWorkFailed : kDone;
}

}  // namespace

void add_doctor(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<DoctorOptions>();
  auto* verb =
      app.add_subcommand("doctor", "Looks for what is wrong with the coordinator's files, disks and clock");
  verb->add_flag("--deep", options->deep, "also read every artifact and compare its hash; takes a while");
  add_format(*verb, options->format);
  verb->footer(
      "\nExit code 1 where a check failed; warnings alone are 0. `spind doctor --db PATH` examines a "
      "database\n"
      "that no spind holds.\n\nExamples:\n  spinctl doctor\n  spinctl doctor --deep --format json");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return doctor(invocation, *options); };
  });
}

}  // namespace spin::cli
