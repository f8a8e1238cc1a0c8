#include "schema/sweep/source.h"

#include "schema/base/text.h"
#include "schema/sweep/plan.h"

namespace spin {
namespace sweep {

Error Source::error(Where where, std::string_view path, std::string_view what, ErrorCode code) const {
  std::string message;
  if (where.override_index >= 0) {
    const auto& from = overrides_[static_cast<std::size_t>(where.override_index)];
    message = "--set " + from.path + "=" + from.value + ": ";
    if (path == from.path) path = {};
  } else {
    message = file_ + ":" + std::to_string(where.line > 0 ? where.line : 1) + ": ";
  }
  if (!path.empty()) (message += path) += ": ";
  return {code, printable(message += what)};
}

Error Source::error(std::string_view what, ErrorCode code) const {
  return {code, printable(file_ + ": " + std::string(what))};
}

}  // namespace sweep

Result<Override> parse_override(std::string_view text) {
  const auto equals = text.find('=');
  const auto path = text.substr(0, equals);
  const bool plain =
      path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
  if (equals == std::string_view::npos || path.empty() || !plain) {
    const auto hidden = hidden_characters(path);
    return Error{ErrorCode::invalid_argument,
                 printable("--set " + std::string(text) + ": is not PATH=VALUE" +
                           (hidden.empty() ? "" : ", since " + hidden + " stands in PATH") +
                           "; write --set network.depth=8, for example")};
  }
  return Override{std::string(path), std::string(text.substr(equals + 1))};
}

}  // namespace spin
