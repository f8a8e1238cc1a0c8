#pragma once

#include "server/core/step.h"

namespace spin::core {

// What is kept of a job's files, by CoordinatorSettings::retention. The store removes files that no job
// refers to.

/// The job's artifact of this kind, from now on.
void keep_artifact(Step& step, JobKey key, ArtifactKind kind, ArtifactRef artifact, int epoch);
/// Whether there was one.
bool forget_artifact(Step& step, JobKey key, ArtifactKind kind);

/// An epoch of the job's attempt was evaluated: its checkpoint, which follows, may be the best.
void note_accuracy(Step& step, JobKey key, const EpochMetrics& metrics);
void keep_checkpoint(Step& step, JobKey key, const CheckpointStored& stored);
/// After the job got its result.
void drop_unneeded(Step& step, JobKey key);

}  // namespace spin::core
