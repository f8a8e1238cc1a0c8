#include "schema/base/last_words.h"

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace spin {
namespace {

TEST(LastWords, NameTheSignalAndTheCallsThatLedToIt) {
  const auto aborts = [] {
    say_last_words("program");
    std::abort();
  };
  EXPECT_EXIT(aborts(), testing::KilledBySignal(SIGABRT), "^program ends by SIGABRT; these calls .*abort");
  const auto runs_wild = [] {
    say_last_words("program");
    ::raise(SIGILL);
  };
  EXPECT_EXIT(runs_wild(), testing::KilledBySignal(SIGILL), "^program ends by SIGILL;");
}

TEST(LastWords, StandBehindWhatNobodyCaught) {
  const auto throws = [] {
    say_last_words("program");
    std::thread([] { throw std::runtime_error("the disk is made of cheese"); }).join();
  };
  EXPECT_EXIT(throws(), testing::KilledBySignal(SIGABRT),
              "the disk is made of cheese.*program ends by SIGABRT");
}

TEST(LastWords, LeaveASignalToWhoHandlesIt) {
  const auto handled = [] {
    ::signal(SIGABRT, [](int) { ::_exit(3); });
    say_last_words("program");
    std::abort();
  };
  EXPECT_EXIT(handled(), testing::ExitedWithCode(3), "^$");
}

}  // namespace
}  // namespace spin
