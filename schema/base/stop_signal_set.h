#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "schema/base/stop_signals.h"

namespace spin {

/// Gives the set the stop signals. None of them kills this process any more: Asio gives a signal its default
/// back when the last set that has it goes, so one more set has them for ever, and a signal that comes while
/// the process leaves is lost.
inline void hear_stop_signals(boost::asio::signal_set& set) {
  static auto& never_run = *new boost::asio::io_context;
  static auto& until_the_end = *new boost::asio::signal_set(never_run);
  for (const int number : stop_signals()) {
    set.add(number);
    until_the_end.add(number);
  }
}

}  // namespace spin
