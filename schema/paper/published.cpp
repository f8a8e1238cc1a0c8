#include "schema/paper/published.h"

#include <charconv>
#include <cmath>

#include "schema/paper/published_rows.h"

namespace spin {
namespace {

template <class T>
T number(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<int> whole_if_given(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return number<int>(text);
}

PrintedNumber printed(std::string_view text) { return {text, number<double>(text)}; }

PublishedRow row_of(const PublishedTexts& texts) {
  PublishedRow row;
  std::size_t column = 0;
  const auto next = [&] { return texts[column++]; };
  row.table = number<int>(next());
  row.network = next();
  row.family = next();
  row.channels = number<int>(next());
  row.depth = number<int>(next());
  row.patch = number<int>(next());
  row.kernel = whole_if_given(next());
  row.resolution = number<int>(next());
  row.distribution = next();
  row.mapping = next();
  row.share_rate = number<int>(next());
  row.shared_components = next();
  row.transform_group = whole_if_given(next());
  row.fusion = next();
  row.init = next();
  row.params_m = printed(next());
  row.flops_g = printed(next());
  if (const auto top1 = next(); top1 != "diverged") row.top1 = printed(top1);
  return row;
}

}  // namespace

double PrintedNumber::unit() const {
  const auto point = text.find('.');
  const auto decimals = point == std::string_view::npos ? 0 : text.size() - point - 1;
  return std::pow(10.0, -static_cast<double>(decimals));
}

const std::vector<PublishedRow>& published_rows() {
  static const auto kRows = [] {
    std::vector<PublishedRow> rows;
    for (const auto& texts : published_texts()) {
      auto row = row_of(texts);
      row.number = !rows.empty() && rows.back().table == row.table ? rows.back().number + 1 : 1;
      rows.push_back(row);
    }
    return rows;
  }();
  return kRows;
}

std::vector<PublishedRow> published_rows(int table) {
  auto rows = published_rows();
  std::erase_if(rows, [table](const PublishedRow& row) { return row.table != table; });
  return rows;
}

}  // namespace spin
