#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/session.h"
#include "spin/v1/fleet.pb.h"

// schema values <-> messages of the Fleet service. from_wire() rejects what a peer may not send.

namespace spin::wire {

void to_wire(const AttemptToken& value, v1::AttemptToken* message);
void to_wire(const EpochMetrics& value, v1::EpochMetrics* message);
void to_wire(const DataState& value, v1::DataState* message);
void to_wire(const JobResult& value, v1::JobResult* message);
void to_wire(const ArtifactRef& value, v1::ArtifactRef* message);
void to_wire(const Progress& value, v1::Progress* message);
void to_wire(const WorkerHello& value, v1::WorkerHello* message);
void to_wire(const LeasedJob& value, v1::LeasedJob* message);
void to_wire(const Lease& value, v1::Lease* message);
/// Leaves `sequence` as it is.
void to_wire(const Report& value, v1::Report* message);

AttemptToken from_wire(const v1::AttemptToken& message);
/// `field` is where it stands in its message. Rejects what no coordinator issues, also a token that is
/// missing.
Result<AttemptToken> checked_token(std::string_view field, const v1::AttemptToken& message);
Result<EpochMetrics> from_wire(const v1::EpochMetrics& message);
/// Cuts what is longer than it should be.
DataState from_wire(const v1::DataState& message);
Result<JobResult> from_wire(const v1::JobResult& message);
Result<ArtifactRef> from_wire(const v1::ArtifactRef& message);
Progress from_wire(const v1::Progress& message);
Result<WorkerHello> from_wire(const v1::WorkerHello& message);
Result<LeasedJob> from_wire(const v1::LeasedJob& message);
Result<Lease> from_wire(const v1::Lease& message);
Result<Report> from_wire(const v1::Report& message);

void to_wire(const CoordinatorMessage& value, v1::CoordinatorMessage* message);
void to_wire(const WorkerMessage& value, v1::WorkerMessage* message);
Result<CoordinatorMessage> from_wire(const v1::CoordinatorMessage& message);
Result<WorkerMessage> from_wire(const v1::WorkerMessage& message);
/// In their order; the first message that is refused refuses the batch.
Result<std::vector<CoordinatorMessage>> from_wire(const v1::CoordinatorBatch& batch);
Result<std::vector<WorkerMessage>> from_wire(const v1::WorkerBatch& batch);

/// 32 raw bytes.
std::string digest_to_wire(const Digest& digest);
Result<Digest> digest_from_wire(const std::string& bytes);

}  // namespace spin::wire
