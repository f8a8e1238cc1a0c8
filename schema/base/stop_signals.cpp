#include "schema/base/stop_signals.h"

#include <csignal>
#include <initializer_list>

namespace spin {

std::vector<int> stop_signals() {
  std::vector<int> signals = {SIGTERM};
  for (const int number : {SIGINT, SIGHUP}) {
    struct sigaction action {};
    const bool is_ignored = ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
    if (!is_ignored) signals.push_back(number);
  }
  return signals;
}

}  // namespace spin
