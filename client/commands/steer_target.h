#pragma once

#include <functional>
#include <string>

#include "client/commands/invocation.h"
#include "schema/job/steering.h"

namespace CLI {
class App;
}

// What cancel, pause, resume, retry and priority have in common.

namespace spin::cli {

/// SWEEP|JOB. `target` outlives the app.
void add_target(CLI::App& app, std::string& target);

struct SteerWords {
  /// What came of it, for 1 job or more: "paused 2 jobs".
  std::function<std::string(const std::string& jobs)> done;
  std::string nothing;  ///< where no job changed
};

/// Does it, says what came of it, and gives the exit code.
int steer_target(const Invocation& invocation, const std::string& target, const steer::Action& action,
                 const SteerWords& words);

}  // namespace spin::cli
