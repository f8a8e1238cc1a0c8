#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/render/table.h"
#include "schema/paper/published.h"

// The paper's tables beside what was trained here.

namespace spin::render {

/// The cell of a sweep that is a row of the paper.
struct OwnCell {
  std::string sweep;
  std::int64_t sweep_id = 0;
  bool is_newest = false;  ///< of the sweeps of its name
  std::int64_t cell = 0;
  std::string settings;   ///< what sets it apart within its sweep, or empty
  std::string otherwise;  ///< what of network and training is not as in the paper's sweep, or empty
  std::string state;      ///< as in the view `published`
  std::int64_t params = 0;
  std::int64_t flops = 0;
  std::int64_t seeds = 0;
  std::int64_t finished = 0;        ///< of the seeds
  std::int64_t diverged = 0;        ///< of the finished
  std::optional<double> top1_mean;  ///< percent
  std::optional<double> top1_deviation;
  std::int64_t alike = 0;  ///< cells of this sweep that are the same row, beside this one
};

/// A pair of rows that both have a published top-1 and one of ours, where the published ones differ.
struct Pairs {
  int kept = 0;  ///< the better of the paper's is the better one here
  int all = 0;
};

struct ComparedRow {
  PublishedRow paper;
  std::optional<OwnCell> own;  ///< none: no sweep has it
  Pairs pairs;                 ///< with the other rows of its table
  std::string command;  ///< trains what is missing of it; empty where nothing is, or it goes on by itself
};

/// Fills in the pairs of rows of one table. What diverged has no top-1 and takes no part.
void count_pairs(std::vector<ComparedRow>& rows);

/// In points, ours above the paper's; none where one of them has no top-1.
std::optional<double> difference_to_paper(const ComparedRow& row);

/// The rows stay with the caller and outlive the table, as does `absent`: the state of a row without a cell,
/// for people.
Table comparison_table(const std::vector<ComparedRow>& rows, std::string_view absent);

/// What stands below the table of one of the paper's tables, a line each: the order, what is missing and the
/// commands for it.
std::vector<std::string> comparison_notes(const std::vector<ComparedRow>& rows, std::string_view absent);

}  // namespace spin::render
