#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "schema/job/report.h"
#include "worker/trainer/model.h"
#include "worker/trainer/parameters.h"

namespace spin {

/// How far a run is. What happens at an epoch depends on nothing else but parameters, optimizer and
/// generators.
struct RunState {
  int epoch = 0;            ///< finished epochs
  std::int64_t step = 0;    ///< finished optimizer steps
  std::int64_t images = 0;  ///< trained on
  double train_seconds = 0;
  double seconds = 0;  ///< training and evaluation
  EpochMetrics last;   ///< of the last finished epoch
};

/// The parts of a run that a checkpoint holds.
struct RunParts {
  const Model& network;
  FlatParameters& parameters;
  AdamW& optimizer;
  torch::Device device;
};

/// Writes parameters, norm statistics, optimizer and generator state, durably. `config` is the job's
/// canonical JSON.
Status save_checkpoint(const std::filesystem::path& path, const nlohmann::json& config, const RunParts& run,
                       const RunState& state);

/// Restores what save_checkpoint wrote. failed_precondition names the first setting in which the checkpoint's
/// job differs from `config`; data_loss where the file is damaged or no checkpoint.
Result<RunState> load_checkpoint(const std::filesystem::path& path, const nlohmann::json& config,
                                 const RunParts& run);

/// Folded weights of a finished job, with its configuration.
Status save_model(const std::filesystem::path& path, const nlohmann::json& config, const Model& network);

/// Loads the weights that fusion starts from: the model of the same network without sharing.
/// failed_precondition where it is another network's; data_loss where a tensor is missing or has another
/// shape.
Status load_initial_weights(const std::filesystem::path& path, const JobConfig& config, Model& network);

}  // namespace spin
