#include "schema/sweep/yaml.h"

#include <sstream>

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "schema/sweep/yaml_builder.h"

namespace spin::sweep {
namespace {

/// Line of the first byte that is not UTF-8; 0 where all are.
int line_of_bad_utf8(std::string_view text) {
  int line = 1;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == '\n') ++line;
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return line;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return line;
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second >= 0xA0;
    if (overlong || surrogate || (lead == 0xF4 && second >= 0x90)) return line;
    i += length;
  }
  return 0;
}

}  // namespace

std::string describe(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return "nothing";
    case Value::Kind::scalar:
      return "'" + value.text.substr(0, 80) + "'";
    case Value::Kind::list:
      return "a list";
    case Value::Kind::map:
      return "a map";
  }
  return "?";
}

std::variant<ValuePtr, YamlError> parse_yaml(std::string_view text, int override_index) {
  if (const int line = line_of_bad_utf8(text); line != 0)
    return YamlError{ErrorCode::invalid_argument, line,
                     "holds bytes that are not UTF-8; save the file as UTF-8"};
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    YamlBuilder builder(override_index);
    if (!parser.HandleNextDocument(builder)) {
      auto nothing = std::make_shared<Value>();
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
    return YamlError{ErrorCode::invalid_argument, error.mark.line + 1, "is not YAML: " + error.msg};
  }
}

}  // namespace spin::sweep
