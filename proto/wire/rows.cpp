#include "proto/wire/check.h"
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
  message->set_dataset(valid_utf8(value.dataset));
  for (const auto& data : value.data) message->add_data(valid_utf8(data));
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
  row.dataset = message.dataset();
  row.data.assign(message.data().begin(), message.data().end());
  return row;
}

void to_wire(const WorkerRow& value, v1::WorkerRow* message) {
  message->set_name(valid_utf8(value.name));
  message->set_host(valid_utf8(value.host));
  for (const auto& device : value.devices) message->add_devices(valid_utf8(device));
  message->set_version(valid_utf8(value.version));
  message->set_state(value.state);
  message->set_slots(value.slots);
  message->set_busy(value.busy);
  message->set_threads(value.threads);
  message->set_jobs_done(value.jobs_done);
  message->set_last_seen_ms(value.last_seen_ms);
  for (const auto& label : value.labels) message->add_labels(valid_utf8(label));
  message->set_memory_bytes(value.memory_bytes);
  message->set_memory_used_bytes(value.memory_used_bytes);
  message->set_reason(valid_utf8(value.reason));
}

WorkerRow from_wire(const v1::WorkerRow& message) {
  return {.name = message.name(),
          .host = message.host(),
          .version = message.version(),
          .state = message.state(),
          .devices = {message.devices().begin(), message.devices().end()},
          .slots = message.slots(),
          .busy = message.busy(),
          .threads = message.threads(),
          .jobs_done = message.jobs_done(),
          .last_seen_ms = message.last_seen_ms(),
          .labels = {message.labels().begin(), message.labels().end()},
          .memory_bytes = message.memory_bytes(),
          .memory_used_bytes = message.memory_used_bytes(),
          .reason = message.reason()};
}

void to_wire(const LogLine& value, v1::LogLine* message) {
  message->set_number(value.number);
  message->set_at_ms(value.at_ms);
  message->set_text(valid_utf8(value.text));
}

LogLine from_wire(const v1::LogLine& message) {
  return {.number = message.number(), .at_ms = message.at_ms(), .text = message.text()};
}

void to_wire(const steer::Action& value, v1::SteerRequest* message) {
  struct {
    v1::SteerRequest* message;
    void operator()(const steer::Cancel&) const { message->mutable_cancel(); }
    void operator()(const steer::Pause&) const { message->mutable_pause(); }
    void operator()(const steer::Resume&) const { message->mutable_resume(); }
    void operator()(const steer::Retry& retry) const {
      message->mutable_retry()->set_failed_only(retry.failed_only);
    }
    void operator()(const steer::Delete&) const { message->mutable_deletion(); }
    void operator()(const steer::SetPriority& set) const {
      message->mutable_priority()->set_priority(set.priority);
    }
  } visitor{message};
  std::visit(visitor, value);
}

Result<steer::Action> from_wire(const v1::SteerRequest& message) {
  switch (message.action_case()) {
    case v1::SteerRequest::kCancel:
      return steer::Action{steer::Cancel{}};
    case v1::SteerRequest::kPause:
      return steer::Action{steer::Pause{}};
    case v1::SteerRequest::kResume:
      return steer::Action{steer::Resume{}};
    case v1::SteerRequest::kRetry:
      return steer::Action{steer::Retry{message.retry().failed_only()}};
    case v1::SteerRequest::kPriority:
      return steer::Action{steer::SetPriority{message.priority().priority()}};
    case v1::SteerRequest::kDeletion:
      return steer::Action{steer::Delete{}};
    case v1::SteerRequest::ACTION_NOT_SET:
      break;
  }
  return rejected("action", "is none that this version knows");
}

}  // namespace spin::wire
