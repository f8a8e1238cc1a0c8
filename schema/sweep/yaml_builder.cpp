#include "schema/sweep/yaml_builder.h"

#include <algorithm>

#include <yaml-cpp/mark.h>

#include "schema/base/text.h"

namespace spin::sweep {
namespace {

constexpr std::string_view kMergeKey = "<<";

[[noreturn]] void refuse(int line, std::string what, ErrorCode code = ErrorCode::invalid_argument) {
  throw YamlRefused{YamlError{code, line, std::move(what)}};
}

}  // namespace

YamlValuePtr YamlBuilder::take_root() {
  frames_.clear();
  anchors_.clear();
  return std::move(root_);
}

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (one_is_done_) refuse(mark.line + 1, "a second document begins; a sweep file holds one");
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto value = make(YamlValue::Kind::null, mark);
  remember(anchor, value);
  add(value, value->where);
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Where where{mark.line + 1, override_index_};
  const auto value = anchor < anchors_.size() ? anchors_[anchor] : nullptr;
  if (!value) refuse(where.line, "an alias stands within its own anchor; it would never end");
  count(1, where.line);
  add(value, where);
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& text) {
  const auto value = make(YamlValue::Kind::scalar, mark);
  value->text = text;
  value->quoted = tag == "!";
  remember(anchor, value);
  add(value, value->where);
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value /*style*/) {
  open(YamlValue::Kind::list, mark, anchor);
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value /*style*/) {
  open(YamlValue::Kind::map, mark, anchor);
}

std::shared_ptr<YamlValue> YamlBuilder::make(YamlValue::Kind kind, const YAML::Mark& mark) {
  count(1, mark.line + 1);
  auto value = std::make_shared<YamlValue>();
  value->kind = kind;
  value->where = {mark.line + 1, override_index_};
  return value;
}

void YamlBuilder::open(YamlValue::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (frames_.size() >= kMaxLevels)
    refuse(mark.line + 1, "nests deeper than " + std::to_string(kMaxLevels) + " levels, which is the limit",
           ErrorCode::resource_exhausted);
  Frame frame;
  frame.value = make(kind, mark);
  frame.anchor = anchor;
  remember(anchor, nullptr);
  frames_.push_back(std::move(frame));
}

void YamlBuilder::close() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  merge(frame);
  measure(*frame.value);
  remember(frame.anchor, frame.value);
  add(frame.value, frame.value->where);
}

void YamlBuilder::add(const YamlValuePtr& value, Where where) {
  if (frames_.empty()) {
    root_ = value;
    return;
  }
  Frame& frame = frames_.back();
  if (frame.value->kind == YamlValue::Kind::list) {
    frame.value->items.push_back(value);
  } else if (!frame.has_key) {
    take_key(frame, *value, where);
  } else {
    frame.has_key = false;
    auto& target = frame.key == kMergeKey ? frame.merges : frame.value->entries;
    target.push_back({std::move(frame.key), frame.key_where, value});
  }
}

void YamlBuilder::take_key(Frame& frame, const YamlValue& value, Where where) {
  if (value.kind != YamlValue::Kind::scalar)
    refuse(where.line, describe(value) + " stands as a key; a key is plain text");
  if (value.text.size() > kMaxKeyBytes)
    refuse(where.line, "a key of " + std::to_string(value.text.size()) + " bytes; at most " +
                           std::to_string(kMaxKeyBytes) + " are accepted");
  if (value.text != kMergeKey && !frame.keys.insert(value.text).second)
    refuse(where.line, "the key '" + shortened(value.text, 80) + "' stands twice in one map; give it once");
  frame.key = value.text;
  frame.key_where = where;
  frame.has_key = true;
}

void YamlBuilder::merge(Frame& frame) {
  // Keys of the map's own come first, then those of a later `<<` before those of an earlier one, then the
  // list of one `<<` in its order, as PyYAML has it.
  std::unordered_map<std::string, std::size_t> merged;
  for (const auto& entry : frame.merges) {
    std::unordered_set<std::string> of_this;
    if (entry.value->kind == YamlValue::Kind::list) {
      for (const auto& item : entry.value->items) merge_map(frame, *item, entry.where, merged, of_this);
    } else {
      merge_map(frame, *entry.value, entry.where, merged, of_this);
    }
  }
}

void YamlBuilder::merge_map(Frame& frame, const YamlValue& source, Where where,
                            std::unordered_map<std::string, std::size_t>& merged,
                            std::unordered_set<std::string>& of_this) {
  if (source.kind != YamlValue::Kind::map)
    refuse(where.line, "<< merges maps, but " + describe(source) + " stands here; give an alias of a map");
  count(source.entries.size(), where.line);
  for (const auto& entry : source.entries) {
    if (frame.keys.contains(entry.key) || !of_this.insert(entry.key).second) continue;
    const auto [known, is_new] = merged.emplace(entry.key, frame.value->entries.size());
    if (is_new)
      frame.value->entries.push_back(entry);
    else
      frame.value->entries[known->second] = entry;
  }
}

void YamlBuilder::remember(YAML::anchor_t anchor, YamlValuePtr value) {
  if (anchor == 0) return;
  if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
  anchors_[anchor] = std::move(value);
}

void YamlBuilder::measure(YamlValue& value) {
  value.levels = 1;
  const auto include = [&value](const YamlValue& part) {
    value.nodes += part.nodes;
    value.levels = std::max(value.levels, part.levels + 1);
  };
  for (const auto& item : value.items) include(*item);
  for (const auto& entry : value.entries) include(*entry.value);
  if (value.nodes > kMaxNodes)
    refuse(value.where.line,
           "holds more than " + std::to_string(kMaxNodes) +
               " values once its aliases are written out, "
               "which is the limit",
           ErrorCode::resource_exhausted);
  if (value.levels > kMaxLevels)
    refuse(value.where.line,
           "nests deeper than " + std::to_string(kMaxLevels) +
               " levels once its aliases are written "
               "out, which is the limit",
           ErrorCode::resource_exhausted);
}

void YamlBuilder::count(std::size_t nodes, int line) {
  built_ += nodes;
  if (built_ > kMaxNodes)
    refuse(line, "the file holds more than " + std::to_string(kMaxNodes) + " values, which is the limit",
           ErrorCode::resource_exhausted);
}

}  // namespace spin::sweep
