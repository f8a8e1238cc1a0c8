#include "client/commands/steer_target.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "client/commands/control_client.h"
#include "client/render/numbers.h"

namespace spin::cli {

void add_target(CLI::App& app, std::string& target) {
  app.add_option("SWEEP|JOB", target, "sweep: id or name; job: hash, 8 or more digits of it, or SWEEP/NAME")
      ->required();
}

int steer_target(const Invocation& invocation, const std::string& target, const steer::Action& action,
                 const SteerWords& words) {
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto count = client->steer(target, action);
  if (!count.ok()) return report(count.error());
  if (*count == 0) {
    complain(words.nothing);
  } else {
    std::cout << words.done(render::counted(*count, "job")) << '\n';
  }
  return kDone;
}

}  // namespace spin::cli
