#include "schema/sweep/header.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "schema/base/hex.h"
#include "schema/base/text.h"
#include "schema/sweep/read_value.h"

namespace spin::sweep {
namespace {

constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMaxDescriptionBytes = 16'384;

Error refusal(std::string what) { return {ErrorCode::invalid_argument, std::move(what)}; }

/// Commands take an id or a hash where they take a name, and options before it.
Status check_name_is_no_id(const std::string& name) {
  const auto taken_for = [&name](const std::string& what) {
    return refusal("'" + name + "' could be taken for " + what + "; give another name, such as run-" +
                   name.substr(name.find_first_not_of("-.") == std::string::npos
                                   ? name.size()
                                   : name.find_first_not_of("-.")));
  };
  constexpr std::size_t kLeastHashDigits = 8;
  if (name.find_first_not_of("0123456789") == std::string::npos) return taken_for("the id of a sweep");
  if (name.size() >= kLeastHashDigits && name.size() <= 64 && is_hex(name))
    return taken_for("the hash of a job");
  if (name.front() == '-') return taken_for("an option");
  if (name == "." || name == "..") return taken_for("a folder");
  return {};
}

Status read_name(const YamlValue& value, Document& document) {
  SPIN_TRY(read_value(value, document.name));
  const auto& name = document.name;
  if (!is_name(name, kMaxNameBytes)) {
    const auto hidden = hidden_characters(name);
    return refusal("'" + shortened(name, kMaxNameBytes) + "' is no name" +
                   (hidden.empty() ? "" : ", since it holds " + hidden) + "; " + name_rule(kMaxNameBytes));
  }
  return check_name_is_no_id(name);
}

Status read_description(const YamlValue& value, Document& document) {
  if (value.kind == YamlValue::Kind::null) return {};
  if (value.kind != YamlValue::Kind::scalar || value.text.size() > kMaxDescriptionBytes)
    return expected(value, "text of at most " + std::to_string(kMaxDescriptionBytes) + " bytes");
  constexpr std::string_view kAllowed = "\n\t\r";
  if (has_control_characters(value.text, kAllowed)) {
    std::string others = value.text;
    std::erase_if(others, [&](char c) { return !has_control_characters({&c, 1}, kAllowed); });
    return refusal("holds " + hidden_characters(others) + ", which is no text");
  }
  document.description = value.text;
  return {};
}

Status read_whole(const YamlValue& value, int low, int high, int& out) {
  SPIN_TRY(read_value(value, out));
  if (out >= low && out <= high) return {};
  return refusal(std::to_string(out) + " is out of range; a whole number from " + std::to_string(low) +
                 " to " + std::to_string(high) + " is accepted");
}

Status read_limit(const YamlValue& value, std::optional<std::int64_t>& out) {
  double limit = 0;
  SPIN_TRY(read_value(value, limit));
  if (!(limit > 0 && limit <= 1e18))
    return refusal(describe(value) + " is out of range; a number above 0 is accepted");
  out = static_cast<std::int64_t>(std::floor(limit));
  return {};
}

Status read_seeds(const YamlValue& value, Document& document) {
  if (value.kind != YamlValue::Kind::list) return expected(value, "a list, such as [0, 1, 2],");
  SPIN_TRY(read_value(value, document.seeds));
  if (document.seeds.empty()) return refusal("the list is empty; give at least one seed, such as [0]");
  auto sorted = document.seeds;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.front() < 0)
    return refusal(std::to_string(sorted.front()) + " is negative; seeds are 0 or above");
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) return refusal(std::to_string(*twice) + " stands twice; give each seed once");
  return {};
}

Status read_scaling(const YamlValue& value, Document& document) {
  SPIN_TRY(read_value(value, document.scaling));
  document.scaling_at = value.where;
  auto sorted = document.scaling;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice == sorted.end()) return {};
  return refusal(std::string(enum_name(*twice)) + " stands twice; give each once");
}

Status read_device(const YamlValue& value, Document& document) {
  if (value.kind != YamlValue::Kind::scalar || (value.text != "cpu" && value.text != "cuda"))
    return expected(value, "cpu | cuda");
  document.requirements.device = value.text == "cuda" ? Device::Kind::cuda : Device::Kind::cpu;
  return {};
}

/// "20GiB", "1.5 GiB".
Status read_memory(const YamlValue& value, Document& document) {
  const std::string wanted = "an amount in KiB, MiB or GiB, such as 20GiB,";
  constexpr std::size_t kUnitBytes = 3;
  if (value.kind != YamlValue::Kind::scalar || value.text.size() <= kUnitBytes)
    return expected(value, wanted);
  const auto unit = value.text.substr(value.text.size() - kUnitBytes);
  if (unit != "KiB" && unit != "MiB" && unit != "GiB") return expected(value, wanted);
  YamlValue amount = value;
  amount.quoted = false;
  amount.text.resize(amount.text.size() - kUnitBytes);
  while (!amount.text.empty() && amount.text.back() == ' ') amount.text.pop_back();
  double number = 0;
  if (!read_value(amount, number).ok() || number < 0 || number >= 1e9) return expected(value, wanted);
  const int shift = unit == "KiB" ? 10 : unit == "MiB" ? 20 : 30;
  document.requirements.memory_bytes = static_cast<std::int64_t>(std::ldexp(number, shift));
  return {};
}

Status read_labels(const YamlValue& value, Document& document) {
  std::vector<std::string> labels;
  SPIN_TRY(read_value(value, labels));
  if (labels.size() > kMaxLabels)
    return refusal(std::to_string(labels.size()) + " labels; at most " + std::to_string(kMaxLabels) +
                   " are accepted");
  for (const auto& label : labels)
    if (!is_name(label, kMaxLabelBytes))
      return refusal("'" + label + "' is no label; " + name_rule(kMaxLabelBytes));
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  document.requirements.labels = std::move(labels);
  return {};
}

using Reader = std::function<Status(const YamlValue&, Document&)>;

const std::map<std::string, Reader>& readers() {
  static const std::map<std::string, Reader> kReaders = {
      {"version", [](const YamlValue&, Document&) { return Status(); }},
      {"name", read_name},
      {"description", read_description},
      {"priority",
       [](const YamlValue& v, Document& d) { return read_whole(v, -1'000'000, 1'000'000, d.priority); }},
      {"max_attempts",
       [](const YamlValue& v, Document& d) { return read_whole(v, 1, 1'000, d.max_attempts); }},
      {"seeds", read_seeds},
      {"limits.params", [](const YamlValue& v, Document& d) { return read_limit(v, d.limits.params); }},
      {"limits.flops", [](const YamlValue& v, Document& d) { return read_limit(v, d.limits.flops); }},
      {"baselines.unshared",
       [](const YamlValue& v, Document& d) { return read_value(v, d.unshared_baseline); }},
      {"baselines.scaling", read_scaling},
      {"baselines.match", [](const YamlValue& v, Document& d) { return read_value(v, d.match); }},
      {"requires.device", read_device},
      {"requires.memory", read_memory},
      {"requires.labels", read_labels},
  };
  return kReaders;
}

}  // namespace

Status check_version(const Source& source, const std::vector<Leaf>& leaves) {
  const auto version =
      std::find_if(leaves.begin(), leaves.end(), [](const Leaf& leaf) { return leaf.path == "version"; });
  if (version == leaves.end()) return source.error({1, -1}, "version", "is missing; write version: 1");
  int number = 0;
  if (version->value->text == "1" || (read_value(*version->value, number).ok() && number == 1)) return {};
  return source.error(version->value->where, "version", expected(*version->value, "1").message);
}

Status read_header(const Source& source, const std::vector<Leaf>& leaves, Document& document) {
  for (const auto& leaf : leaves) {
    const auto status = readers().at(leaf.path)(*leaf.value, document);
    if (!status.ok()) return source.error(leaf.value->where, leaf.path, status.error().message);
  }
  if (document.name.empty())
    return source.error({1, -1}, "name", "is missing; name the sweep, such as name: my-sweep");
  return {};
}

}  // namespace spin::sweep
