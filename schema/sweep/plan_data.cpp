#include "schema/sweep/plan_data.h"

#include "schema/base/text.h"

namespace spin::sweep {
namespace {

std::string place(const std::string& root) {
  return root.empty() ? "where it usually lies" : "in '" + printable(root) + "'";
}

}  // namespace

Status PlanData::see(const Dataset& dataset) {
  auto title = title_of(dataset);
  if (title == last_title_ && dataset.root == last_root_) return {};
  const auto [known, is_new] = root_of_.emplace(title, dataset.root);
  if (known->second != dataset.root)
    return Error{ErrorCode::invalid_argument,
                 "dataset.root: " + printable(title) + " is to be read " + place(dataset.root) +
                     ", and elsewhere in this sweep " + place(known->second) +
                     (has_id(dataset.name) ? "; give folders of different pictures another dataset.id each"
                                           : "; the same data lie in one place")};
  last_title_ = std::move(title);
  last_root_ = dataset.root;
  return {};
}

std::vector<DataPlace> PlanData::take() const {
  std::vector<DataPlace> places;
  for (const auto& [title, root] : root_of_) places.push_back({title, root});
  return places;
}

}  // namespace spin::sweep
