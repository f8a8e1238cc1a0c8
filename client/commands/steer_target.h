#pragma once

#include <functional>
#include <string>

#include "client/commands/invocation.h"
#include "client/render/table.h"
#include "schema/job/steering.h"

namespace CLI {
class App;
}

// What cancel, pause, resume, retry and priority have in common.

namespace spin::cli {

struct SteerOptions {
  std::string target;  ///< SWEEP|JOB
  render::Format format = render::Format::table;
};

/// SWEEP|JOB. `options` outlives the app.
void add_target(CLI::App& app, SteerOptions& options);
/// --format; after the verb's own options.
void add_steer_format(CLI::App& app, SteerOptions& options);

struct SteerWords {
  const char* action = "";  ///< for machines: "pause"
  /// What came of it, for 1 job or more: "paused 2 jobs".
  std::function<std::string(const std::string& jobs)> done;
  std::string nothing;  ///< where no job changed
};

/// Does it, says what came of it, and gives the exit code. A target that is already as it was asked to be is
/// no failure.
int steer_target(const Invocation& invocation, const SteerOptions& options, const steer::Action& action,
                 const SteerWords& words);

}  // namespace spin::cli
