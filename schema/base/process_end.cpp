#include "schema/base/process_end.h"

#include <cstring>

namespace spin {

std::string to_text(const ProcessEnd& end) {
  const std::string number = std::to_string(end.number);
  if (!end.by_signal) return "exit code " + number;
  return "signal " + number + " (" + ::strsignal(end.number) + ")";
}

}  // namespace spin
