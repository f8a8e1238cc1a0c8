#include "server/core/retention.h"

namespace spin::core {
namespace {

/// Whether no checkpoint of the job so far came from an epoch that was as accurate as this.
bool is_best(const Job& job, double top1) {
  return !job.artifact(ArtifactKind::best) || top1 > job.past().best_top1;
}

}  // namespace

void keep_artifact(Step& step, JobKey key, ArtifactKind kind, ArtifactRef artifact, int epoch) {
  artifact.kind = kind;
  step.core.catalogue.at(key).set(artifact);
  step.effects.changes.emplace_back(InsertArtifact{key, artifact, epoch});
}

bool forget_artifact(Step& step, JobKey key, ArtifactKind kind) {
  Job& job = step.core.catalogue.at(key);
  if (!job.artifact(kind)) return false;
  job.forget(kind);
  step.effects.changes.emplace_back(ForgetArtifact{key, kind});
  return true;
}

void note_accuracy(Step& step, JobKey key, const EpochMetrics& metrics) {
  const auto top1 = metrics.values[Metric::top1];
  if (step.core.settings.retention != Retention::best || !top1) return;
  if (Attempt* attempt = running_attempt(step.core.catalogue.at(key)))
    attempt->evaluated = {metrics.epoch, *top1};
}

void keep_checkpoint(Step& step, JobKey key, const CheckpointStored& stored) {
  Job& job = step.core.catalogue.at(key);
  keep_artifact(step, key, ArtifactKind::checkpoint, stored.artifact, stored.epoch);
  Attempt* attempt = running_attempt(job);
  // The lost attempt is behind now: if it came back, its checkpoints would replace newer ones.
  if (attempt != nullptr && attempt->lost) {
    step.core.attempts.erase(*attempt->lost);
    attempt->lost = {};
  }
  if (step.core.settings.retention != Retention::best || attempt == nullptr) return;
  const auto [epoch, top1] = attempt->evaluated;
  if (epoch != stored.epoch || !is_best(job, top1)) return;
  keep_artifact(step, key, ArtifactKind::best, stored.artifact, stored.epoch);
  job.edit_past().best_top1 = top1;
}

void drop_unneeded(Step& step, JobKey key) {
  if (step.core.settings.retention == Retention::unfinished)
    forget_artifact(step, key, ArtifactKind::checkpoint);
}

}  // namespace spin::core
