#include "worker/trainer/event_log.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <variant>

#include <unistd.h>

#include "schema/base/file.h"
#include "schema/base/text.h"

namespace spin {
namespace {

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string line(const ReadyEvent& event) {
  return "ready: spin " + event.version + ", LibTorch " + event.libtorch + ", BLAS " + event.blas + ", " +
         event.device + ", " + std::to_string(event.threads) + " threads";
}
std::string line(const StartedEvent& event) {
  return "started at epoch " + std::to_string(event.first_epoch) + ": " + std::to_string(event.params) +
         " parameters, " + std::to_string(event.flops) + " FLOPs";
}
std::string line(const ProgressEvent&) { return {}; }
std::string line(const EpochEvent& event) {
  const auto& metrics = event.metrics;
  auto text = "epoch " + std::to_string(metrics.epoch) + ": loss " + fixed(metrics.loss, 4) + ", ";
  if (metrics.top1) text += "top-1 " + fixed(*metrics.top1, 2) + " %, ";
  if (metrics.top5) text += "top-5 " + fixed(*metrics.top5, 2) + " %, ";
  text += fixed(metrics.images_per_second, 0) + " images/s, " + fixed(metrics.seconds, 1) + " s";
  std::string phases;
  const auto add = [&](const char* name, const std::optional<double>& seconds) {
    if (seconds) phases += (phases.empty() ? "" : ", ") + std::string(name) + " " + fixed(*seconds, 1);
  };
  add("data", metrics.data_seconds);
  add("forward", metrics.forward_seconds);
  add("backward", metrics.backward_seconds);
  add("step", metrics.step_seconds);
  add("evaluation", metrics.evaluation_seconds);
  return phases.empty() ? text : text + " (" + phases + ")";
}
std::string line(const CheckpointEvent& event) {
  return "checkpoint, " + std::to_string(event.epoch) + " epochs finished: " + event.path;
}
std::string line(const FinishedEvent& event) {
  if (event.result.outcome == Outcome::diverged) return "diverged: the loss is no longer finite";
  const std::string accuracy = event.result.top1 ? "top-1 " + fixed(*event.result.top1, 2) + " % of " +
                                                       std::to_string(event.eval_images) + " images "
                                                 : std::string();
  return "finished: " + accuracy + "after " + fixed(event.result.seconds, 1) + " s";
}
std::string line(const FailedEvent& event) { return "failed: " + event.message; }
std::string line(const StoppedEvent&) { return "stopped"; }

/// A message may quote names of files, which hold any byte.
TrainerEvent with_visible_text(TrainerEvent event) {
  if (auto* failed = std::get_if<FailedEvent>(&event)) failed->message = printable(failed->message);
  return event;
}

}  // namespace

std::string describe(const TrainerEvent& event) {
  return std::visit([](const auto& kind) { return line(kind); }, event);
}

void emit(const TrainerEvent& event) {
  // The line for people first: who reads the event finds it in the log.
  if (const auto text = describe(event); !text.empty()) log_line(text);
  if (!write_all(STDOUT_FILENO, to_line(with_visible_text(event)) + "\n", "standard output").ok())
    _exit(EXIT_FAILURE);
}

void log_line(const std::string& text) { std::fprintf(stderr, "spin-train: %s\n", printable(text).c_str()); }

}  // namespace spin
