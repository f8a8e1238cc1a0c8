#include "client/commands/data_seen.h"

#include <CLI/CLI.hpp>

#include "schema/data/data_state.h"
#include "schema/sweep/sweep_data.h"

namespace spin::cli {

std::vector<DataSeen> data_in_sight(const SweepFile& sweep, const std::string& folder) {
  std::vector<DataSeen> seen;
  const auto places = data_places(sweep);
  if (!places.ok()) return seen;
  for (const auto& place : *places) {
    Dataset dataset;
    dataset.name = place.dataset.substr(0, place.dataset.find(' '));
    dataset.root = place.root;
    auto state = data_state(dataset, folder);
    if (state.ok() && !state->fingerprint.empty()) seen.push_back({place.dataset, *std::move(state)});
  }
  return seen;
}

void add_retrain(CLI::App& app, std::string& retrain) {
  app.add_flag(
         "--retrain{changed}", retrain,
         "train finished jobs anew whose data have changed; =all: every finished job; =none: none, their "
         "results count")
      ->check(CLI::IsMember({"changed", "all", "none"}));
}

Retrain retrain_of(const std::string& text) {
  if (text == "changed") return Retrain::changed;
  if (text == "all") return Retrain::all;
  return text == "none" ? Retrain::keep : Retrain::refuse;
}

}  // namespace spin::cli
