#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <yaml-cpp/eventhandler.h>

#include "schema/sweep/yaml.h"

namespace spin::sweep {

/// Thrown through yaml-cpp's parser to end it; caught in parse_yaml().
struct YamlRefused {
  YamlError error;
};

/// Builds Values from the parser's events, and ends the parser where a limit is passed.
class YamlBuilder : public YAML::EventHandler {
 public:
  explicit YamlBuilder(int override_index) : override_index_(override_index) {}

  /// The finished document.
  YamlValuePtr take_root();
  /// Any document that begins after this call is refused.
  void refuse_more_documents() { one_is_done_ = true; }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that is still open.
  struct Frame {
    std::shared_ptr<YamlValue> value;
    YAML::anchor_t anchor = 0;
    bool has_key = false;  ///< of a map: the next value belongs to `key`
    std::string key;
    Where key_where;
    std::unordered_set<std::string> keys;
    std::vector<MapEntry> merges;  ///< values of `<<`
  };

  std::shared_ptr<YamlValue> make(YamlValue::Kind kind, const YAML::Mark& mark);
  void open(YamlValue::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void close();
  void add(const YamlValuePtr& value, Where where);
  void take_key(Frame& frame, const YamlValue& value, Where where);
  void merge(Frame& frame);
  /// `merged`: where the keys stand that come from merges; `of_this`: those of the same `<<`.
  void merge_map(Frame& frame, const YamlValue& source, Where where,
                 std::unordered_map<std::string, std::size_t>& merged,
                 std::unordered_set<std::string>& of_this);
  void remember(YAML::anchor_t anchor, YamlValuePtr value);
  void measure(YamlValue& value);
  void count(std::size_t nodes, int line);

  int override_index_;
  bool one_is_done_ = false;
  std::vector<Frame> frames_;
  std::vector<YamlValuePtr> anchors_;  ///< by anchor number; null while it is still open
  YamlValuePtr root_;
  std::size_t built_ = 0;
};

}  // namespace spin::sweep
