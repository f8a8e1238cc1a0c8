#pragma once

#include <string>
#include <vector>

#include "schema/job/submission.h"
#include "schema/sweep/plan.h"

namespace CLI {
class App;
}

namespace spin::cli {

/// The state of those data sets of the sweep whose files are on this host: in `folder`, which --data names,
/// or where the sweep says. Nothing of a sweep that cannot be planned, as the coordinator will say.
std::vector<DataSeen> data_in_sight(const SweepFile& sweep, const std::string& folder);

/// --retrain, --retrain=all, --retrain=none; empty where it is not given.
void add_retrain(CLI::App& app, std::string& retrain);
Retrain retrain_of(const std::string& text);

}  // namespace spin::cli
