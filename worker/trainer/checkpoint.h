#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "schema/base/result.h"
#include "worker/trainer/learner.h"
#include "worker/trainer/model.h"

namespace spin {

/// An evaluated epoch.
struct Evaluated {
  int epoch = 0;
  double top1 = 0;  ///< percent
  double top5 = 0;
};

/// How far a run is. What happens next depends on nothing else but the learner's state and the generators.
struct RunState {
  int epoch = 0;             ///< finished epochs
  std::int64_t step = 0;     ///< finished optimizer steps, some of them perhaps in the epoch after
  double train_seconds = 0;  ///< of the finished epochs
  double seconds = 0;        ///< training and evaluation of the finished epochs
  std::string data;          ///< fingerprint of what it was trained on; empty = of nothing
  std::optional<Evaluated>
      kept;  ///< the epoch whose accuracy would be the result: the last evaluated, or the best

  /// Of the epoch after the finished ones, as far as it has come.
  struct Begun {
    double loss_sum = 0;  ///< over its steps
    double train_seconds = 0;
    PhaseSeconds phases;
  } begun;
};

/// Writes the learner's tensors, the run's state and LibTorch's generators, durably. `config` is the job's
/// canonical JSON.
Status save_checkpoint(const std::filesystem::path& path, const nlohmann::json& config,
                       const Learner& learner, torch::Device device, const RunState& state);

/// Restores what save_checkpoint wrote. failed_precondition names the first setting in which the checkpoint's
/// job differs from `config`; data_loss where the file is damaged or no checkpoint, or names the first tensor
/// that is missing, has another shape or is of no use here.
Result<RunState> load_checkpoint(const std::filesystem::path& path, const nlohmann::json& config,
                                 Learner& learner, torch::Device device);

/// Folded weights of a finished job, with its configuration.
Status save_model(const std::filesystem::path& path, const nlohmann::json& config, const Model& network);

/// Loads the weights that fusion starts from: the model of the same network without sharing.
/// failed_precondition where it is another network's; data_loss where a tensor is missing or has another
/// shape.
Status load_initial_weights(const std::filesystem::path& path, const Train& config, Model& network);

}  // namespace spin
