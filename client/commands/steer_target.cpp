#include "client/commands/steer_target.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/steer_state.h"
#include "client/commands/terminal.h"
#include "client/render/cells.h"

namespace spin::cli {
namespace {

render::Table steered_table(const std::string& target, const char* action, std::int64_t jobs) {
  return {{{.key = "target", .title = "target"},
           {.key = "action", .title = "action"},
           {.key = "jobs", .title = "jobs", .align = render::Align::right}},
          1,
          [=](std::size_t) -> render::Row {
            return {render::text_cell(target), render::text_cell(action), render::whole_cell(jobs)};
          }};
}

}  // namespace

void add_target(CLI::App& app, SteerOptions& options) {
  app.add_option("SWEEP|JOB", options.target,
                 "sweep: id or name; job: hash, 8 or more digits of it, or SWEEP/NAME")
      ->required();
}

void add_steer_format(CLI::App& app, SteerOptions& options) {
  add_format(app, options.format, nullptr, "JSON is one object: target, action, jobs; default: a sentence");
}

int steer_target(const Invocation& invocation, const SteerOptions& options, const steer::Action& action,
                 const SteerWords& words) {
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto count = client->steer(options.target, action);
  if (!count.ok()) {
    const bool is_moot =
        count.error().code == ErrorCode::failed_precondition && is_as_asked(*client, options.target, action);
    if (!is_moot) return report(count.error());
    complain(count.error().message + "; there is nothing to change");
  } else if (*count == 0) {
    complain(words.nothing);
  }
  const std::int64_t jobs = count.ok() ? *count : 0;
  if (options.format != render::Format::table) {
    print_object(steered_table(options.target, words.action, jobs), options.format);
  } else if (jobs > 0) {
    std::cout << words.done(render::counted(jobs, "job")) << '\n';
  }
  return kDone;
}

}  // namespace spin::cli
