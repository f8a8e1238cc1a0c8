#pragma once

#include <string>

#include "schema/job/trainer_link.h"

namespace spin {

/// What a person reads of an event; empty for progress, which would be too much.
std::string describe(const TrainerEvent& event);

/// Writes the event as a JSON line to standard output and its description to standard error. Ends the process
/// where nobody reads standard output any more.
void emit(const TrainerEvent& event);

/// One line to standard error, whatever characters `text` holds (see visible).
void log_line(const std::string& text);

}  // namespace spin
