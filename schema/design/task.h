#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/design/config.h"
#include "schema/design/cost.h"

// What jobs do. A new kind of job is an alternative of Task, with what it answers below, its text in
// config_text.cpp and its side in worker/trainer; what it reads is a row of kInputRoles, what it leaves
// behind one of kArtifactKinds.

namespace spin {

using Task = std::variant<Train>;

/// What tasks leave behind, by name.
enum class ArtifactKind : std::uint8_t {
  checkpoint,  ///< the newest; what is left when the job has ended is `best`
  model,       ///< folded weights
  best,        ///< the checkpoint with the best accuracy, as the coordinator chooses it
};
/// Who makes an artifact, and when.
enum class Made : std::uint8_t {
  under_way,   ///< the trainer, again and again
  at_the_end,  ///< the trainer, with the result
  by_choice,   ///< the coordinator, of another one
};
struct ArtifactFacts {
  ArtifactKind kind;
  std::string_view name;
  Made made;
};
/// In the order of ArtifactKind.
inline constexpr std::array kArtifactKinds = {
    ArtifactFacts{ArtifactKind::checkpoint, "checkpoint", Made::under_way},
    ArtifactFacts{ArtifactKind::model, "model", Made::at_the_end},
    ArtifactFacts{ArtifactKind::best, "best", Made::by_choice},
};
constexpr const ArtifactFacts& facts_of(ArtifactKind kind) {
  return kArtifactKinds[static_cast<std::size_t>(kind)];
}

/// As what a task reads an artifact.
enum class InputRole : std::uint8_t { resume, init };

struct InputFacts {
  InputRole role;
  std::string_view name;
  ArtifactKind takes;
  bool is_own;  ///< of an earlier attempt of the same job; else of a job that has to complete first
  std::string_view title;  ///< for people
};
/// In the order of InputRole.
inline constexpr std::array kInputRoles = {
    InputFacts{InputRole::resume, "resume", ArtifactKind::checkpoint, /*is_own=*/true, "checkpoint"},
    InputFacts{InputRole::init, "init", ArtifactKind::model, /*is_own=*/false, "initial weights"},
};
constexpr const InputFacts& facts_of(InputRole role) { return kInputRoles[static_cast<std::size_t>(role)]; }

static_assert([] {
  for (std::size_t i = 0; i < kArtifactKinds.size(); ++i)
    if (static_cast<std::size_t>(kArtifactKinds[i].kind) != i) return false;
  for (std::size_t i = 0; i < kInputRoles.size(); ++i)
    if (static_cast<std::size_t>(kInputRoles[i].role) != i) return false;
  return true;
}());

/// Another job's artifact that a task reads: the job depends on the other.
struct JobInput {
  InputRole role = InputRole::init;
  JobId job;
  bool operator==(const JobInput&) const = default;
};
std::vector<JobInput> inputs_of(const Task& task);

std::int64_t seed_of(const Task& task);
const Dataset& dataset_of(const Task& task);
/// Group of each layer of its network.
const std::vector<int>& groups_of(const Task& task);

/// What it is predicted to need.
struct TaskSize {
  std::int64_t trained_params = 0;
  std::int64_t activation_bytes = 0;  ///< see TrainingMemory
  std::int64_t peak_bytes = 0;        ///< on its device
  std::int64_t checkpoint_bytes = 0;
};
TaskSize size_of(const Task& task);
/// The peak alone.
std::int64_t memory_of(const Task& task);
/// Predicted work in FLOPs of forward passes, given the cost of its network; of training: epochs x training
/// images x FLOPs per image. Where the number of images is known only where the data lie, they count as one.
double work_of(const Task& task, const Cost& cost);

/// Says where its data lie, which is no part of what it is.
void place_data(Task& task, const std::string& root);
/// See canonical(Train).
Task canonical(Task task);
/// Inverse of ConfigText; errors as of config_from_json().
Result<Task> task_from_json(const nlohmann::json& json);

}  // namespace spin
