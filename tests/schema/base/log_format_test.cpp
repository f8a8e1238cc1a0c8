#include "schema/base/log_format.h"

#include <sstream>

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

namespace spin {
namespace {

TEST(LogFormat, AMessageIsOneLineAndShowsAllThatItHolds) {
  std::ostringstream out;
  spdlog::logger logger("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger.set_formatter(printable_log("%l: %v"));
  logger.info("worker {} is gone", "a\x1b[2J\nspind: all is well\u202E");
  EXPECT_EQ(out.str(), "info: worker a\\x1b[2J\\nspind: all is well\\u202e is gone\n");
}

}  // namespace
}  // namespace spin
