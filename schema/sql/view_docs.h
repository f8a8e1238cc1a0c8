#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spin {

struct ColumnDoc {
  std::string name;
  std::string meaning;
};
/// A view that people query, as the head of its file and the comments behind its columns say.
struct ViewDoc {
  std::string name;
  std::string meaning;
  std::vector<ColumnDoc> columns;  ///< in their order
};
/// In the order of their names; without those that only others rest on.
const std::vector<ViewDoc>& view_docs();
/// Null where there is none.
const ViewDoc* find_view_doc(std::string_view name);

}  // namespace spin
