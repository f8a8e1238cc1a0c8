#include "proto/wire/control.h"
#include "proto/wire/text.h"

namespace spin::wire {

void to_wire(const ResultRow& value, v1::ResultRow* message) {
  message->set_network(valid_utf8(value.network));
  message->set_sharing(valid_utf8(value.sharing));
  message->set_transform(valid_utf8(value.transform));
  message->set_fusion(valid_utf8(value.fusion));
  message->set_settings(valid_utf8(value.settings));
  message->set_params(value.params);
  message->set_flops(value.flops);
  message->set_seeds(value.seeds);
  message->set_finished(value.finished);
  message->set_diverged(value.diverged);
  if (value.top1_mean) message->set_top1_mean(*value.top1_mean);
  if (value.top1_deviation) message->set_top1_deviation(*value.top1_deviation);
  if (value.difference) message->set_difference(*value.difference);
}

ResultRow from_wire(const v1::ResultRow& message) {
  ResultRow row;
  row.network = message.network();
  row.sharing = message.sharing();
  row.transform = message.transform();
  row.fusion = message.fusion();
  row.settings = message.settings();
  row.params = message.params();
  row.flops = message.flops();
  row.seeds = message.seeds();
  row.finished = message.finished();
  row.diverged = message.diverged();
  if (message.has_top1_mean()) row.top1_mean = message.top1_mean();
  if (message.has_top1_deviation()) row.top1_deviation = message.top1_deviation();
  if (message.has_difference()) row.difference = message.difference();
  return row;
}

void to_wire(const WorkerRow& value, v1::WorkerRow* message) {
  message->set_name(valid_utf8(value.name));
  message->set_host(valid_utf8(value.host));
  message->set_device(valid_utf8(value.device));
  message->set_version(valid_utf8(value.version));
  message->set_state(value.state);
  message->set_slots(value.slots);
  message->set_busy(value.busy);
  message->set_threads(value.threads);
  message->set_jobs_done(value.jobs_done);
  message->set_last_seen_ms(value.last_seen_ms);
}

WorkerRow from_wire(const v1::WorkerRow& message) {
  return {.name = message.name(),
          .host = message.host(),
          .device = message.device(),
          .version = message.version(),
          .state = message.state(),
          .slots = message.slots(),
          .busy = message.busy(),
          .threads = message.threads(),
          .jobs_done = message.jobs_done(),
          .last_seen_ms = message.last_seen_ms()};
}

void to_wire(const LogLine& value, v1::LogLine* message) {
  message->set_number(value.number);
  message->set_at_ms(value.at_ms);
  message->set_text(valid_utf8(value.text));
}

LogLine from_wire(const v1::LogLine& message) {
  return {.number = message.number(), .at_ms = message.at_ms(), .text = message.text()};
}

}  // namespace spin::wire
