#include "schema/sql/view_docs.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "schema/sql/tables.h"
#include "schema/sql/texts.h"

namespace spin {
namespace {

/// What columns mean in every view that has them and does not say otherwise.
constexpr std::array kUsual = {
    std::pair{"sweep", "name of the sweep"},
    std::pair{"sweep_id", "its number; a name may have had several"},
    std::pair{"newest", "1 in the newest sweep of its name, which the name means everywhere else"},
    std::pair{"position", "of the job in its sweep, from 0"},
    std::pair{"job", "identity: SHA-256 of the canonical configuration"},
    std::pair{"name", "of the job within its sweep"},
    std::pair{"cell", "its place in the plan, from 0"},
    std::pair{"network", "C/D/P/K: channels, depth, patch, kernel; C/D where the family is not convmixer"},
    std::pair{"sharing", "mapping and rate, or what else says which layers share; none"},
    std::pair{"transform", "of a shared weight, for each layer; none"},
    std::pair{"fusion", "strategy and how it begins; none"},
    std::pair{"settings", "what else sets a cell apart within its sweep"},
    std::pair{"seed", "of the training"},
    std::pair{"params", "parameters of the folded network"},
    std::pair{"flops", "multiply-accumulates of one image's forward pass, as the paper counts"},
    std::pair{"dataset", "data set, with what sets it apart"},
    std::pair{"data", "fingerprint of what it was trained on"},
    std::pair{"outcome", "completed or diverged"},
    std::pair{"worker", "that ran the last attempt, or brought the result"},
    std::pair{"started_at", "UTC"},
    std::pair{"ended_at", "UTC; NULL while it runs"},
    std::pair{"finished_at", "UTC"},
    std::pair{"epoch", "from 1"},
    std::pair{"value", "of the axis"},
    std::pair{"completed", "seeds that trained to their end"},
    std::pair{"diverged", "seeds whose loss was no longer finite"},
    std::pair{"top1_mean", "over the completed seeds, percent"},
    std::pair{"top1_high", "of the interval of top1_mean"},
    std::pair{"difference_high", "of the interval of difference"},
};

std::string usual_meaning(const std::string& column) {
  const auto* found = std::ranges::find_if(kUsual, [&](const auto& usual) { return usual.first == column; });
  if (found != kUsual.end()) return found->second;
  const auto metric = metric_named(column);
  return metric ? std::string(facts_of(*metric).meaning) : "";
}

bool is_of_a_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The name that a line ends with, where it ends a column of the outer SELECT: ... AS name, -- meaning.
std::string column_of(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == ',')) line.remove_suffix(1);
  auto begin = line.size();
  while (begin > 0 && is_of_a_name(line[begin - 1])) --begin;
  const auto name = line.substr(begin);
  auto before = line.substr(0, begin);
  while (!before.empty() && before.back() == ' ') before.remove_suffix(1);
  const bool is_alone = before.empty() || before == "SELECT";
  return is_alone || before.ends_with(" AS") ? std::string(name) : "";
}

/// Parentheses that a line opens and does not close.
int opened_by(std::string_view line) {
  int opened = 0;
  bool is_text = false;
  for (const char c : line) {
    if (c == '\'') is_text = !is_text;
    if (!is_text) opened += c == '(' ? 1 : c == ')' ? -1 : 0;
  }
  return opened;
}

void add_metrics(ViewDoc& view, std::string_view line) {
  for (const auto& table : {kEpochTable, kResultTable})
    if (line.find("{metrics of " + std::string(table.name)) != std::string_view::npos)
      for (const auto& metric : metrics_of(table))
        view.columns.push_back({std::string(metric.name), std::string(metric.meaning)});
}

ViewDoc read(const ViewText& view) {
  ViewDoc doc{std::string(view.name), "", {}};
  std::string_view text = view.text;
  bool is_selecting = false;
  int depth = 0;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with("-- ")) {
      (doc.meaning += doc.meaning.empty() ? "" : " ") += line.substr(3);
      continue;
    }
    if (line.starts_with("FROM ")) break;
    is_selecting = is_selecting || line.starts_with("SELECT ");
    if (!is_selecting) continue;
    const auto comment = line.find("-- ");
    const auto sql = line.substr(0, comment);
    add_metrics(doc, sql);
    depth += opened_by(sql);
    const auto name = column_of(sql);
    if (depth > 0 || name.empty()) continue;
    doc.columns.push_back({name, comment == std::string_view::npos ? usual_meaning(name)
                                                                   : std::string(line.substr(comment + 3))});
  }
  return doc;
}

}  // namespace

const std::vector<ViewDoc>& view_docs() {
  static const std::vector<ViewDoc> docs = [] {
    std::vector<ViewDoc> all;
    for (const auto& view : view_texts())
      if (view.text.find("ther views rest on it") == std::string_view::npos) all.push_back(read(view));
    return all;
  }();
  return docs;
}

const ViewDoc* find_view_doc(std::string_view name) {
  const auto found = std::ranges::find(view_docs(), name, &ViewDoc::name);
  return found == view_docs().end() ? nullptr : &*found;
}

}  // namespace spin
