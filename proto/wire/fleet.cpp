#include "proto/wire/fleet.h"

#include <algorithm>

#include "proto/wire/enums.h"
#include "proto/wire/text.h"
#include "schema/base/text.h"

namespace spin::wire {
namespace {

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxProblemBytes = 1000;
constexpr int kMaxSlots = 4096;
constexpr int kMaxLabels = 32;
constexpr int kMaxTokens = 65'536;
constexpr int kMaxDevices = 256;

using WireNames = google::protobuf::RepeatedPtrField<std::string>;
using WireHeld = google::protobuf::RepeatedPtrField<v1::HeldAttempt>;
using WireOffers = google::protobuf::RepeatedPtrField<v1::DeviceOffer>;

/// Names show up in terminals and metric labels.
Status check_name(std::string_view field, const std::string& name) {
  if (!name.empty() && name.size() <= kMaxNameBytes && !has_control_characters(name)) return {};
  return rejected(field, "has " + std::to_string(name.size()) +
                             " bytes; 1 to 200 bytes without control characters are accepted");
}

Result<std::vector<std::string>> devices_from_wire(std::string_view field, const WireNames& list) {
  SPIN_TRY(check_count(field, list.size(), kMaxDevices));
  for (const std::string& device : list) SPIN_TRY(check_name(field, device));
  return std::vector<std::string>(list.begin(), list.end());
}

/// Of a device: sums over all of a worker, and over all that it may hold, stay within 64 bits.
constexpr std::int64_t kMostMemory = std::int64_t{64} << 40;

Result<std::vector<DeviceOffer>> offers_from_wire(const WireOffers& list) {
  constexpr std::string_view kField = "hello.devices";
  if (list.empty()) return rejected(kField, "is empty");
  SPIN_TRY(check_count(kField, list.size(), kMaxDevices));
  std::vector<DeviceOffer> offers;
  for (const auto& message : list) {
    SPIN_TRY(check_name(kField, message.device()));
    SPIN_TRY(check_at_least("hello.devices.memory_bytes", message.memory_bytes(), std::int64_t{0}));
    if (message.memory_bytes() > kMostMemory)
      return rejected("hello.devices.memory_bytes",
                      "is " + std::to_string(message.memory_bytes()) + "; at most 64 TiB is accepted");
    const auto is_same = [&](const DeviceOffer& offer) { return offer.device == message.device(); };
    if (std::any_of(offers.begin(), offers.end(), is_same))
      return rejected(kField, "names " + message.device() + " twice");
    offers.push_back({message.device(), message.memory_bytes()});
  }
  return offers;
}

void held_to_wire(const std::vector<HeldAttempt>& value, WireHeld* list) {
  for (const auto& held : value) {
    auto* message = list->Add();
    to_wire(held.attempt, message->mutable_attempt());
    for (const auto& device : held.devices) message->add_devices(valid_utf8(device));
  }
}

Result<std::vector<HeldAttempt>> held_from_wire(std::string_view field, const WireHeld& list) {
  SPIN_TRY(check_count(field, list.size(), kMaxTokens));
  std::vector<HeldAttempt> all;
  for (const auto& message : list) {
    HeldAttempt held;
    SPIN_ASSIGN(held.attempt, checked_token(field, message.attempt()));
    SPIN_ASSIGN(held.devices, devices_from_wire(field, message.devices()));
    all.push_back(std::move(held));
  }
  return all;
}

/// As many jobs at a time as a worker may have on all its devices together.
Status check_slots(int slots, std::size_t devices) {
  SPIN_TRY(check_at_least("hello.slots", slots, 1));
  if (slots <= kMaxSlots / static_cast<int>(devices)) return {};
  return rejected("hello.slots", "is " + std::to_string(slots) + " on each of " + std::to_string(devices) +
                                     " device(s); at most 4096 on all together is accepted");
}

Result<Credits> credits_from_wire(const v1::Credits& message) {
  SPIN_TRY(check_count("credits.free", message.free_size(), kMaxDevices));
  for (const int free : message.free()) SPIN_TRY(check_at_least("credits.free", free, 0));
  return Credits{{message.free().begin(), message.free().end()}};
}

Result<Progress> checked_progress(const v1::Progress& message) {
  SPIN_TRY(checked_token("progress.attempt", message.attempt()));
  SPIN_TRY(check_at_least("progress.epoch", message.epoch(), 0));
  SPIN_TRY(check_at_least("progress.epochs", message.epochs(), 0));
  SPIN_TRY(check_at_least("progress.step", message.step(), std::int64_t{0}));
  SPIN_TRY(check_at_least("progress.steps", message.steps(), std::int64_t{0}));
  SPIN_TRY(check_finite_not_negative("progress.images_per_second", message.images_per_second()));
  return from_wire(message);
}

Result<Welcome> welcome_from_wire(const v1::Welcome& message) {
  SPIN_TRY(check_at_least("welcome.lease_ms", message.lease_ms(), std::int64_t{1}));
  SPIN_TRY(check_at_least("welcome.heartbeat_ms", message.heartbeat_ms(), std::int64_t{1}));
  return Welcome{.session = {message.session()},
                 .boot_epoch = message.boot_epoch(),
                 .lease_ms = message.lease_ms(),
                 .heartbeat_ms = message.heartbeat_ms()};
}

struct CoordinatorMessageToWire {
  v1::CoordinatorMessage* message;
  void operator()(const Welcome& value) const {
    auto* welcome = message->mutable_welcome();
    welcome->set_session(value.session.value);
    welcome->set_boot_epoch(value.boot_epoch);
    welcome->set_lease_ms(value.lease_ms);
    welcome->set_heartbeat_ms(value.heartbeat_ms);
  }
  void operator()(const Lease& value) const { to_wire(value, message->mutable_lease()); }
  void operator()(const ReportAck& value) const { message->mutable_ack()->set_sequence(value.sequence); }
  void operator()(const StopAttempt& value) const {
    to_wire(value.attempt, message->mutable_stop()->mutable_attempt());
    message->mutable_stop()->set_reason(valid_utf8(value.reason));
    message->mutable_stop()->set_keep(value.keep);
  }
  void operator()(const DrainRequest&) const { message->mutable_drain(); }
};

struct WorkerMessageToWire {
  v1::WorkerMessage* message;
  void operator()(const WorkerHello& value) const { to_wire(value, message->mutable_hello()); }
  void operator()(const Credits& value) const {
    for (const int free : value.free) message->mutable_credits()->add_free(free);
  }
  void operator()(const Heartbeat& value) const {
    auto* heartbeat = message->mutable_heartbeat();
    held_to_wire(value.running, heartbeat->mutable_running());
    heartbeat->set_problem(valid_utf8(value.problem));
  }
  void operator()(const SequencedReport& value) const {
    to_wire(value.report, message->mutable_report());
    message->mutable_report()->set_sequence(value.sequence);
  }
  void operator()(const Progress& value) const { to_wire(value, message->mutable_progress()); }
  void operator()(const Draining&) const { message->mutable_draining(); }
};

template <class Message, class Batch>
Result<std::vector<Message>> batch_from_wire(const Batch& batch) {
  std::vector<Message> messages;
  messages.reserve(static_cast<std::size_t>(batch.messages_size()));
  for (const auto& entry : batch.messages()) {
    SPIN_ASSIGN(Message message, from_wire(entry));
    messages.push_back(std::move(message));
  }
  return messages;
}

}  // namespace

void to_wire(const WorkerHello& value, v1::WorkerHello* message) {
  message->set_name(valid_utf8(value.name));
  message->set_version(valid_utf8(value.version));
  message->set_host(valid_utf8(value.host));
  for (const auto& offer : value.devices) {
    auto* device = message->add_devices();
    device->set_device(valid_utf8(offer.device));
    device->set_memory_bytes(offer.memory_bytes);
  }
  message->set_slots(value.slots);
  message->set_threads(value.threads);
  message->set_pid(value.pid);
  held_to_wire(value.held, message->mutable_held());
  for (const auto& label : value.labels) message->add_labels(valid_utf8(label));
  message->set_instance(valid_utf8(value.instance));
}

Result<WorkerHello> from_wire(const v1::WorkerHello& message) {
  SPIN_TRY(check_name("hello.name", message.name()));
  SPIN_TRY(check_name("hello.version", message.version()));
  SPIN_TRY(check_name("hello.host", message.host()));
  SPIN_ASSIGN(std::vector<DeviceOffer> devices, offers_from_wire(message.devices()));
  SPIN_TRY(check_slots(message.slots(), devices.size()));
  SPIN_TRY(check_at_least("hello.threads", message.threads(), 1));
  SPIN_TRY(check_count("hello.labels", message.labels_size(), kMaxLabels));
  for (const auto& label : message.labels()) SPIN_TRY(check_name("hello.labels", label));
  SPIN_TRY(check_at_least("hello.pid", message.pid(), std::int64_t{0}));
  SPIN_TRY(check_name("hello.instance", message.instance()));
  WorkerHello hello{.name = message.name(),
                    .version = message.version(),
                    .host = message.host(),
                    .devices = std::move(devices),
                    .slots = message.slots(),
                    .threads = message.threads(),
                    .pid = message.pid(),
                    .held = {},
                    .labels = {message.labels().begin(), message.labels().end()},
                    .instance = message.instance()};
  SPIN_ASSIGN(hello.held, held_from_wire("hello.held", message.held()));
  return hello;
}

void to_wire(const LeasedJob& value, v1::LeasedJob* message) {
  to_wire(value.attempt, message->mutable_attempt());
  message->set_job(digest_to_wire(value.job.digest));
  message->set_name(valid_utf8(value.name));
  message->set_config(valid_utf8(value.config));
  message->set_root(valid_utf8(value.root));
  for (const auto& input : value.inputs) {
    auto* entry = message->add_inputs();
    entry->set_role(std::string(enum_name(input.role)));
    to_wire(input.artifact, entry->mutable_artifact());
  }
}

Result<LeasedJob> from_wire(const v1::LeasedJob& message) {
  if (message.config().empty()) return rejected("lease.config", "is empty");
  LeasedJob job;
  SPIN_ASSIGN(job.attempt, checked_token("lease.attempt", message.attempt()));
  SPIN_ASSIGN(job.job.digest, digest_from_wire(message.job()));
  job.name = message.name();
  job.config = message.config();
  job.root = message.root();
  for (const auto& entry : message.inputs()) {
    InputArtifact input;
    SPIN_ASSIGN(input.role, named_from_wire<InputRole>("lease.inputs.role", entry.role()));
    SPIN_ASSIGN(input.artifact, from_wire(entry.artifact()));
    if (const auto takes = facts_of(input.role).takes; input.artifact.kind != takes)
      return rejected("lease.inputs.artifact.kind", "is " + std::string(enum_name(input.artifact.kind)) +
                                                        "; " + std::string(enum_name(takes)) +
                                                        " is accepted");
    job.inputs.push_back(input);
  }
  return job;
}

void to_wire(const Lease& value, v1::Lease* message) {
  for (const auto& job : value.jobs) to_wire(job, message->add_jobs());
  for (const auto& device : value.devices) message->add_devices(valid_utf8(device));
}

Result<Lease> from_wire(const v1::Lease& message) {
  if (message.jobs().empty()) return rejected("lease.jobs", "is empty");
  Lease lease;
  for (const auto& entry : message.jobs()) {
    SPIN_ASSIGN(LeasedJob job, from_wire(entry));
    lease.jobs.push_back(std::move(job));
  }
  SPIN_ASSIGN(lease.devices, devices_from_wire("lease.devices", message.devices()));
  return lease;
}

void to_wire(const CoordinatorMessage& value, v1::CoordinatorMessage* message) {
  std::visit(CoordinatorMessageToWire{message}, value);
}

void to_wire(const WorkerMessage& value, v1::WorkerMessage* message) {
  std::visit(WorkerMessageToWire{message}, value);
}

Result<CoordinatorMessage> from_wire(const v1::CoordinatorMessage& message) {
  switch (message.body_case()) {
    case v1::CoordinatorMessage::kWelcome: {
      SPIN_ASSIGN(const Welcome welcome, welcome_from_wire(message.welcome()));
      return CoordinatorMessage{welcome};
    }
    case v1::CoordinatorMessage::kLease: {
      SPIN_ASSIGN(Lease lease, from_wire(message.lease()));
      return CoordinatorMessage{std::move(lease)};
    }
    case v1::CoordinatorMessage::kAck:
      return CoordinatorMessage{ReportAck{message.ack().sequence()}};
    case v1::CoordinatorMessage::kStop: {
      SPIN_ASSIGN(const AttemptToken attempt, checked_token("stop.attempt", message.stop().attempt()));
      return CoordinatorMessage{StopAttempt{attempt, message.stop().reason(), message.stop().keep()}};
    }
    case v1::CoordinatorMessage::kDrain:
      return CoordinatorMessage{DrainRequest{}};
    case v1::CoordinatorMessage::BODY_NOT_SET:
      break;
  }
  return rejected("message from the coordinator", "has no body that this version knows");
}

Result<WorkerMessage> from_wire(const v1::WorkerMessage& message) {
  switch (message.body_case()) {
    case v1::WorkerMessage::kHello: {
      SPIN_ASSIGN(WorkerHello hello, from_wire(message.hello()));
      return WorkerMessage{std::move(hello)};
    }
    case v1::WorkerMessage::kCredits: {
      SPIN_ASSIGN(Credits credits, credits_from_wire(message.credits()));
      return WorkerMessage{std::move(credits)};
    }
    case v1::WorkerMessage::kHeartbeat: {
      Heartbeat heartbeat;
      SPIN_ASSIGN(heartbeat.running, held_from_wire("heartbeat.running", message.heartbeat().running()));
      heartbeat.problem = shortened(message.heartbeat().problem(), kMaxProblemBytes);
      return WorkerMessage{std::move(heartbeat)};
    }
    case v1::WorkerMessage::kReport: {
      SPIN_ASSIGN(Report report, from_wire(message.report()));
      return WorkerMessage{SequencedReport{message.report().sequence(), std::move(report)}};
    }
    case v1::WorkerMessage::kProgress: {
      SPIN_ASSIGN(const Progress progress, checked_progress(message.progress()));
      return WorkerMessage{progress};
    }
    case v1::WorkerMessage::kDraining:
      return WorkerMessage{Draining{}};
    case v1::WorkerMessage::BODY_NOT_SET:
      break;
  }
  return rejected("message from the worker", "has no body that this version knows");
}

Result<std::vector<CoordinatorMessage>> from_wire(const v1::CoordinatorBatch& batch) {
  return batch_from_wire<CoordinatorMessage>(batch);
}

Result<std::vector<WorkerMessage>> from_wire(const v1::WorkerBatch& batch) {
  return batch_from_wire<WorkerMessage>(batch);
}

}  // namespace spin::wire
