#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/steer_target.h"
#include "client/commands/verbs.h"

namespace spin::cli {
namespace {

struct RetryOptions : SteerOptions {
  bool failed_only = false;
};

int retry(const Invocation& invocation, const RetryOptions& options) {
  return steer_target(
      invocation, options, steer::Retry{options.failed_only},
      {.action = "retry",
       .done = [](const std::string& jobs) { return fmt::format("{} to be tried again", jobs); },
       .nothing = fmt::format("no job of {} was left to try again", options.target)});
}

}  // namespace

void add_retry(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<RetryOptions>();
  auto* verb =
      app.add_subcommand("retry", "Takes failed and cancelled jobs up again, with all their attempts");
  add_target(*verb, *options);
  verb->add_flag("--failed", options->failed_only, "failed jobs alone; cancelled ones stay cancelled");
  add_steer_format(*verb, *options);
  verb->footer(
      "\nJobs that were blocked by a failed one wait for it again. A job that diverged has its result and "
      "is\n"
      "not retried.\n\nExamples:\n  spinctl retry my-sweep --failed\n  spinctl retry 3f9a2c41d07e");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return retry(invocation, *options); };
  });
}

}  // namespace spin::cli
