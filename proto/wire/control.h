#pragma once

#include "schema/base/result.h"
#include "schema/job/steering.h"
#include "schema/job/submission.h"
#include "schema/job/views.h"
#include "spin/v1/control.pb.h"

// schema views <-> messages of the Control service.

namespace spin::wire {

void to_wire(const SweepStatus& value, v1::SweepStatus* message);
void to_wire(const Submitted& value, v1::Submitted* message);
void to_wire(const JobRow& value, v1::JobRow* message);
void to_wire(const JobDetail& value, v1::JobDetail* message);
void to_wire(const ResultRow& value, v1::ResultRow* message);
void to_wire(const WorkerRow& value, v1::WorkerRow* message);
void to_wire(const LogLine& value, v1::LogLine* message);
/// Leaves the sweep file as it is.
void to_wire(const SubmissionOptions& value, v1::SubmitRequest* message);
/// Leaves `target` as it is.
void to_wire(const steer::Action& value, v1::SteerRequest* message);

Result<SweepStatus> from_wire(const v1::SweepStatus& message);
Result<SubmissionOptions> from_wire(const v1::SubmitRequest& message);
Submitted from_wire(const v1::Submitted& message);
Result<JobRow> from_wire(const v1::JobRow& message);
Result<JobDetail> from_wire(const v1::JobDetail& message);
ResultRow from_wire(const v1::ResultRow& message);
WorkerRow from_wire(const v1::WorkerRow& message);
LogLine from_wire(const v1::LogLine& message);
/// What is to be done to its target.
Result<steer::Action> from_wire(const v1::SteerRequest& message);

}  // namespace spin::wire
