#include <cstring>

#include "proto/wire/enums.h"
#include "proto/wire/fleet.h"
#include "proto/wire/text.h"
#include "schema/base/text.h"

namespace spin::wire {

std::string digest_to_wire(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

Result<Digest> digest_from_wire(const std::string& bytes) {
  Digest digest;
  if (bytes.size() != digest.bytes.size())
    return rejected("SHA-256", "has " + std::to_string(bytes.size()) + " bytes; 32 raw bytes are accepted");
  std::memcpy(digest.bytes.data(), bytes.data(), bytes.size());
  return digest;
}

void to_wire(const AttemptToken& value, v1::AttemptToken* message) {
  message->set_boot_epoch(value.boot_epoch);
  message->set_sequence(value.sequence);
}

AttemptToken from_wire(const v1::AttemptToken& message) {
  return {.boot_epoch = message.boot_epoch(), .sequence = message.sequence()};
}

Result<AttemptToken> checked_token(std::string_view field, const v1::AttemptToken& message) {
  const std::string path(field);
  SPIN_TRY(check_at_least(path + ".boot_epoch", message.boot_epoch(), std::int64_t{1}));
  SPIN_TRY(check_at_least(path + ".sequence", message.sequence(), std::int64_t{1}));
  return from_wire(message);
}

namespace {

using WireMetrics = google::protobuf::RepeatedPtrField<v1::MetricValue>;

void metrics_to_wire(const MetricValues& values, WireMetrics* message) {
  values.visit([&](const MetricFacts& facts, double value) {
    auto* metric = message->Add();
    metric->set_name(facts.name.data(), facts.name.size());
    metric->set_value(value);
  });
}

/// Those that this version declares.
Result<MetricValues> metrics_from_wire(const char* field, const WireMetrics& message, unsigned measured_of) {
  MetricValues values;
  for (const auto& metric : message) {
    const auto known = metric_named(metric.name());
    if (!known) continue;
    const auto& facts = facts_of(*known);
    if (!std::isfinite(metric.value()) || !is_possible(facts, metric.value()))
      return rejected(
          std::string(field) + "." + metric.name(),
          "is " + std::to_string(metric.value()) + "; " + std::string(possible_text(facts)) + " is accepted");
    values.set(*known, metric.value());
  }
  values.keep(measured_of);
  return values;
}

}  // namespace

void to_wire(const EpochMetrics& value, v1::EpochMetrics* message) {
  message->set_epoch(value.epoch);
  metrics_to_wire(value.values, message->mutable_values());
}

Result<EpochMetrics> from_wire(const v1::EpochMetrics& message) {
  SPIN_TRY(check_at_least("epoch.epoch", message.epoch(), 1));
  SPIN_ASSIGN(const auto values, metrics_from_wire("epoch", message.values(), kEpoch));
  return EpochMetrics{message.epoch(), values};
}

void to_wire(const DataState& value, v1::DataState* message) {
  message->set_fingerprint(valid_utf8(value.fingerprint));
  message->set_summary(valid_utf8(value.summary));
}

DataState from_wire(const v1::DataState& message) {
  constexpr std::size_t kMaxFingerprintBytes = 64;
  constexpr std::size_t kMaxSummaryBytes = 200;
  return {.fingerprint = shortened(message.fingerprint(), kMaxFingerprintBytes),
          .summary = shortened(message.summary(), kMaxSummaryBytes)};
}

void to_wire(const JobResult& value, v1::JobResult* message) {
  message->set_outcome(enum_to_wire<v1::Outcome>(value.outcome));
  metrics_to_wire(value.values, message->mutable_values());
  to_wire(value.data, message->mutable_data());
}

Result<JobResult> from_wire(const v1::JobResult& message) {
  SPIN_ASSIGN(const auto outcome, enum_from_wire<Outcome>("result.outcome", message.outcome()));
  SPIN_ASSIGN(const auto values, metrics_from_wire("result", message.values(), measured_of(outcome)));
  return JobResult{outcome, values, from_wire(message.data())};
}

void to_wire(const ArtifactRef& value, v1::ArtifactRef* message) {
  message->set_sha256(digest_to_wire(value.id.digest));
  message->set_kind(std::string(enum_name(value.kind)));
  message->set_bytes(value.bytes);
}

Result<ArtifactRef> from_wire(const v1::ArtifactRef& message) {
  SPIN_ASSIGN(const Digest digest, digest_from_wire(message.sha256()));
  SPIN_ASSIGN(const auto kind, named_from_wire<ArtifactKind>("artifact.kind", message.kind()));
  SPIN_TRY(check_at_least("artifact.bytes", message.bytes(), std::int64_t{0}));
  return ArtifactRef{.id = {digest}, .kind = kind, .bytes = message.bytes()};
}

void to_wire(const Progress& value, v1::Progress* message) {
  to_wire(value.attempt, message->mutable_attempt());
  message->set_epoch(value.epoch);
  message->set_epochs(value.epochs);
  message->set_step(value.step);
  message->set_steps(value.steps);
  message->set_loss(value.loss);
  message->set_images_per_second(value.images_per_second);
}

Progress from_wire(const v1::Progress& message) {
  return {.attempt = from_wire(message.attempt()),
          .epoch = message.epoch(),
          .epochs = message.epochs(),
          .step = message.step(),
          .steps = message.steps(),
          .loss = message.loss(),
          .images_per_second = message.images_per_second()};
}

}  // namespace spin::wire
