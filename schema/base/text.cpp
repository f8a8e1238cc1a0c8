#include "schema/base/text.h"

namespace spin {

std::string shortened(std::string_view text, std::size_t limit) {
  constexpr std::string_view kCut = "...";
  if (text.size() <= limit) return std::string(text);
  const auto is_continuation = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t end = limit - kCut.size();
  while (end > 0 && is_continuation(end)) --end;
  return std::string(text.substr(0, end)) + std::string(kCut);
}

}  // namespace spin
