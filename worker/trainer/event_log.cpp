#include "worker/trainer/event_log.h"

#include <cstdio>
#include <cstdlib>
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
/// "top-1 % 89.12", "forward 1.2 s".
std::string line(const MetricFacts& facts, double value) {
  const char* format = "%s %.0f";
  if (facts.unit == Unit::none) format = "%s %.4f";
  if (facts.unit == Unit::percent) format = "%s %.2f";
  if (facts.unit == Unit::seconds) format = "%s %.1f s";
  char text[128];
  std::snprintf(text, sizeof text, format, facts.title.data(), value);
  return text;
}
std::string line(const EpochEvent& event) {
  std::string text;
  event.metrics.values.visit([&](const MetricFacts& facts, double value) {
    text += text.empty() ? "" : ", ";
    text += line(facts, value);
  });
  return "epoch " + std::to_string(event.metrics.epoch) + ": " + text;
}
std::string line(const CheckpointEvent& event) {
  return "checkpoint, " + std::to_string(event.epoch) + " epochs finished: " + event.path;
}
std::string line(const FinishedEvent& event) {
  if (event.result.outcome == Outcome::diverged) return "diverged: the loss is no longer finite";
  const auto& values = event.result.values;
  const auto top1 = values[Metric::top1];
  const std::string accuracy =
      top1 ? "top-1 " + fixed(*top1, 2) + " % of " + std::to_string(event.eval_images) + " images " : "";
  return "finished: " + accuracy + "after " + fixed(values[Metric::seconds].value_or(0), 1) + " s";
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
