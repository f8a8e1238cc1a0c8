#pragma once

#include "schema/design/names.h"
#include "schema/job/trainer_link.h"
#include "schema/job/views.h"

// How enumerators are spelled, wherever they are: in tables, in JSON, in metrics and for people.

namespace spin {

template <>
std::span<const EnumName<JobState>> enum_names();
template <>
std::span<const EnumName<Outcome>> enum_names();
template <>
std::span<const EnumName<FailureKind>> enum_names();
template <>
std::span<const EnumName<FailureCause>> enum_names();

}  // namespace spin
