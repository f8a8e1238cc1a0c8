#include "client/render/style.h"

namespace spin::render {
namespace {

std::string_view code_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::heading:
      return "\x1b[1m";
    case Tone::muted:
      return "\x1b[2m";
    case Tone::accent:
      return "\x1b[36m";
    case Tone::good:
      return "\x1b[32m";
    case Tone::warning:
      return "\x1b[33m";
    case Tone::bad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

bool wants_colour(bool is_terminal, const char* no_color, const char* term) {
  const bool refused = no_color != nullptr && *no_color != '\0';
  return is_terminal && !refused && term != nullptr && std::string_view(term) != "dumb";
}

std::string painted(std::string_view text, Tone tone, const Style& style) {
  if (!style.colour || tone == Tone::plain || text.empty()) return std::string(text);
  return std::string(code_of(tone)) + std::string(text) + "\x1b[0m";
}

}  // namespace spin::render
