#include "schema/sweep/cell_faults.h"

namespace spin::sweep {
namespace {

/// Dotted path at the head of a message: "PATH: what".
std::string path_of(const Error& error) { return error.message.substr(0, error.message.find(": ")); }

/// Calls `visit` with every assignment of a cell, those first that overrule the others.
template <class Visit>
void each_assignment(const Document& document, const Taken& taken, Visit visit) {
  for (auto point = taken.rbegin(); point != taken.rend(); ++point)
    for (auto assignment = (*point)->rbegin(); assignment != (*point)->rend(); ++assignment)
      visit(*assignment);
  for (auto assignment = document.base.rbegin(); assignment != document.base.rend(); ++assignment)
    visit(*assignment);
}

/// The assignment of a path; else one of the same group, where a setting is missing that the group should
/// have.
const Assignment* find_cause(const Document& document, const Taken& taken, const std::string& path) {
  const Assignment* exact = nullptr;
  const Assignment* near = nullptr;
  const std::string group = path.substr(0, path.find('.')) + ".";
  each_assignment(document, taken, [&](const Assignment& assignment) {
    if (!exact && assignment.setting->path == path) exact = &assignment;
    if (!near && assignment.setting->path.starts_with(group)) near = &assignment;
  });
  return exact ? exact : near;
}

std::string cell_of(const Taken& taken) {
  const auto words = words_of(taken);
  return words.empty() ? words : " (cell " + words + ")";
}

}  // namespace

std::string words_of(const Taken& taken) {
  std::string text;
  for (const auto* point : taken)
    for (const auto& assignment : *point) (text += text.empty() ? "" : ", ") += assignment.shown;
  return text;
}

Error locate(const Source& source, const Document& document, const Taken& taken, const Error& error,
             bool pretrain) {
  std::string path = path_of(error);
  const std::string what = error.message.substr(path.size() + std::string_view(": ").size());

  const auto* cause = find_cause(document, taken, path);
  if (constexpr std::string_view kTraining = "training."; pretrain && path.starts_with(kTraining)) {
    const std::string own = "pretrain." + path.substr(kTraining.size());
    if (const auto* in_pretrain = find_cause(document, taken, own);
        in_pretrain && in_pretrain->setting->path == own) {
      cause = in_pretrain;
      path = own;
    }
  }
  return source.error(cause ? cause->where : Where{1, -1}, path, what + cell_of(taken), error.code);
}

}  // namespace spin::sweep
