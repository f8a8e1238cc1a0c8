#include "schema/sweep/sweep_data.h"

#include <algorithm>

#include "schema/sweep/document.h"

namespace spin {
namespace {

using sweep::Document;
using sweep::Point;

bool sets_data_set(const Point& point) {
  return std::any_of(point.begin(), point.end(),
                     [](const auto& assignment) { return assignment.setting->path.starts_with("dataset."); });
}

bool walks_data_sets(const Document& document) {
  return std::any_of(document.cells.begin(), document.cells.end(), sets_data_set) ||
         std::any_of(document.axes.begin(), document.axes.end(),
                     [](const auto& axis) { return std::any_of(axis.begin(), axis.end(), sets_data_set); });
}

}  // namespace

std::optional<std::string> folder_without_classes(const SweepFile& file) {
  const auto document = sweep::read_document(sweep::Source(file.file, file.overrides), file.text);
  if (!document.ok() || walks_data_sets(*document)) return std::nullopt;
  sweep::PointSettings settings;
  for (const auto& assignment : document->base) assignment.change.apply(settings);
  const auto& dataset = settings.dataset;
  const auto* known = find_dataset(dataset.name);
  if (!known || !known->is_of_owner() || dataset.classes != sweep::kNotGiven) return std::nullopt;
  return dataset.root;
}

Result<std::vector<DataPlace>> data_places(const SweepFile& file) {
  SPIN_ASSIGN(const auto document, sweep::read_document(sweep::Source(file.file, file.overrides), file.text));
  if (walks_data_sets(document)) {
    SPIN_ASSIGN(const auto totals, visit_ids(file, [](const JobId&) { return Status(); }));
    return totals.data;
  }
  sweep::PointSettings settings;
  for (const auto& assignment : document.base) assignment.change.apply(settings);
  Dataset dataset;
  dataset.name = settings.dataset.name;
  dataset.root = settings.dataset.root;
  dataset.id = settings.dataset.id;
  dataset = canonical(std::move(dataset));
  return std::vector<DataPlace>{{title_of(dataset), dataset.root}};
}

}  // namespace spin
