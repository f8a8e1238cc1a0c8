#pragma once

#include "schema/base/result.h"
#include "schema/job/query.h"
#include "schema/job/upkeep.h"
#include "spin/v1/control.pb.h"

// Queries, backups and checks <-> messages of the Control service.

namespace spin::wire {

void to_wire(const QueryRow& value, v1::QueryRow* message);
void to_wire(const CheckRow& value, v1::CheckRow* message);
void to_wire(const BackupProgress& value, v1::BackupProgress* message);

QueryRow from_wire(const v1::QueryRow& message);
Result<CheckRow> from_wire(const v1::CheckRow& message);
BackupProgress from_wire(const v1::BackupProgress& message);

}  // namespace spin::wire
