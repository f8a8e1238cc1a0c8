#include <charconv>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/steer_target.h"
#include "client/commands/verbs.h"

namespace spin::cli {
namespace {

/// As in a sweep file.
constexpr int kLeast = -1'000'000;
constexpr int kMost = 1'000'000;

struct PriorityOptions : SteerOptions {
  int priority = 0;
};

std::string check_priority(const std::string& text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && rest == end && value >= kLeast && value <= kMost) return "";
  return fmt::format("'{}' is no priority; a whole number from {} to {} is one, such as 10", text, kLeast,
                     kMost);
}

int set_priority(const Invocation& invocation, const PriorityOptions& options) {
  const auto done = [&options](const std::string& jobs) {
    return fmt::format("priority {} for {}; jobs that run are not interrupted", options.priority, jobs);
  };
  return steer_target(invocation, options, steer::SetPriority{options.priority},
                      {.action = "priority",
                       .done = done,
                       .nothing = fmt::format("priority {} for {}, which has no job to go", options.priority,
                                              options.target)});
}

}  // namespace

void add_priority(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<PriorityOptions>();
  auto* verb = app.add_subcommand("priority", "Says what goes first: the highest of the jobs that are ready");
  add_target(*verb, *options);
  verb->add_option("N", options->priority, "higher first; 0 is usual, negative gives way")
      ->required()
      ->check(check_priority);
  add_steer_format(*verb, *options);
  verb->footer(
      "\nSweeps of one priority take turns. A job's own priority counts more than that of its sweeps.\n"
      "\nExamples:\n  spinctl priority my-sweep 10\n  spinctl priority my-sweep/convmixer-64-8-4-3.s0 -5");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return set_priority(invocation, *options); };
  });
}

}  // namespace spin::cli
