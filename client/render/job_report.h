#pragma once

#include <iosfwd>

#include <nlohmann/json_fwd.hpp>

#include "client/render/table.h"
#include "schema/job/views.h"

namespace spin::render {

/// Everything about one job: the keys of its row in a listing, and "config", "depends_on", "sweeps",
/// "attempts", "epochs", "result", "artifacts".
nlohmann::json job_to_json(const JobDetail& detail);

/// For people: facts, attempts with their errors, epochs. Markdown and table differ in their tables alone.
void write_job_report(std::ostream& out, const JobDetail& detail, Format format, const Style& style);

}  // namespace spin::render
