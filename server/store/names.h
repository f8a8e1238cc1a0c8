#pragma once

#include <string_view>

#include "schema/base/result.h"
#include "schema/job/views.h"
#include "server/core/changes.h"

// How the tables spell the enumerators.

namespace spin {

std::string_view text_of(JobState state);
std::string_view text_of(Outcome outcome);
std::string_view text_of(ArtifactKind kind);
std::string_view text_of(core::Settlement::Kind kind);
std::string_view text_of(core::Pass pass);

/// data_loss where the text is none of the names.
Result<JobState> job_state_from(std::string_view text);
Result<Outcome> outcome_from(std::string_view text);
Result<ArtifactKind> artifact_kind_from(std::string_view text);
Result<core::Settlement::Kind> settlement_kind_from(std::string_view text);
Result<core::Pass> pass_from(std::string_view text);

}  // namespace spin
