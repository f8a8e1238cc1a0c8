#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/design/scaling.h"
#include "schema/sweep/requirements.h"
#include "schema/sweep/setting_table.h"
#include "schema/sweep/source.h"

namespace spin::sweep {

/// A setting that a place of the file gives a value.
struct Assignment {
  const Setting* setting = nullptr;
  Change change;
  Where where;
  std::string shown;  ///< "sharing.rate: 2", for messages
};

/// Assignments that are made together.
using Point = std::vector<Assignment>;
/// Points of which a cell takes one: an entry of `axes` or `zip`.
using Axis = std::vector<Point>;

struct Limits {
  std::optional<std::int64_t> params;
  std::optional<std::int64_t> flops;
};

/// A sweep file, every key of it read, typed and within its own range.
struct Document {
  std::string name;
  std::string description;
  int priority = 0;
  int max_attempts = 3;
  Requirements requirements;
  Point base;                ///< what stands outside axes, zip and cells
  std::vector<Axis> axes;    ///< `axes`, then `zip`: first slowest
  std::vector<Point> cells;  ///< none = one cell without settings of its own
  std::vector<Point> exclude;
  Limits limits;
  bool unshared_baseline = false;
  std::vector<Scaling> scaling;  ///< plain networks to add for each shared one
  Where scaling_at;
  Match match = Match::paper;
  std::vector<std::int64_t> seeds = {0};
};

/// Reads the file and applies the overrides.
Result<Document> read_document(const Source& source, std::string_view text);

}  // namespace spin::sweep
