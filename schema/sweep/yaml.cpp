#include "schema/sweep/yaml.h"

#include <algorithm>
#include <sstream>

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "schema/base/text.h"
#include "schema/sweep/yaml_builder.h"

namespace spin::sweep {
namespace {

/// What nobody sees on a line (0-based) and the one before, where the parser may have lost its way.
std::string hidden_around(std::string_view text, int line) {
  for (int i = 0; i < line - 1 && !text.empty(); ++i)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  std::string lines;
  for (int i = 0; i < 2 && !text.empty(); ++i) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    for (const char c : text.substr(0, end + 1))
      if (c != '\n' && c != '\r') lines += c;
    text.remove_prefix(end + 1);
  }
  const auto hidden = hidden_characters(lines);
  return hidden.empty() ? hidden : "; here stands " + hidden;
}

}  // namespace

int line_of_bad_utf8(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character.valid) return line;
    if (character.code == '\n') ++line;
    text.remove_prefix(character.bytes.size());
  }
  return 0;
}

std::string describe(const YamlValue& value) {
  switch (value.kind) {
    case YamlValue::Kind::null:
      return "nothing";
    case YamlValue::Kind::scalar:
      return "'" + shortened(value.text, 80) + "'";
    case YamlValue::Kind::list:
      return "a list";
    case YamlValue::Kind::map:
      return "a map";
  }
  return "?";
}

std::variant<YamlValuePtr, YamlError> parse_yaml(std::string_view text, int override_index) {
  if (const int line = line_of_bad_utf8(text); line != 0)
    return YamlError{ErrorCode::invalid_argument, line,
                     "holds bytes that are not UTF-8; save the file as UTF-8"};
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    YamlBuilder builder(override_index);
    if (!parser.HandleNextDocument(builder)) {
      auto nothing = std::make_shared<YamlValue>();
      nothing->where = {1, override_index};
      return nothing;
    }
    auto root = builder.take_root();
    builder.refuse_more_documents();
    parser.HandleNextDocument(builder);
    return root;
  } catch (const YamlRefused& refused) {
    return refused.error;
  } catch (const YAML::Exception& error) {
    return YamlError{ErrorCode::invalid_argument, error.mark.line + 1,
                     "is not YAML: " + error.msg + hidden_around(text, error.mark.line)};
  }
}

}  // namespace spin::sweep
