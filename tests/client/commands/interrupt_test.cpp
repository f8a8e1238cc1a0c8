#include "client/commands/interrupt.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "client/commands/follow.h"
#include "tests/client/commands/spinctl.h"

namespace spin::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Interrupt, CatchesASignalAndTellsEveryone) {
  expect_default_signals();
  Interrupt interrupt;
  int called = 0;
  const Interrupt::OnStop on_stop(interrupt, [&called] { ++called; });
  EXPECT_FALSE(interrupt.stopped());
  ::kill(::getpid(), SIGINT);
  ASSERT_TRUE(interrupt.wait_for(seconds(20)));
  EXPECT_EQ(interrupt.signal(), SIGINT);
  EXPECT_FALSE(interrupt.error());
  EXPECT_EQ(called, 1);
}

TEST(Interrupt, LateListenersAreCalledAtOnce) {
  Interrupt interrupt;
  interrupt.stop({ErrorCode::internal, "spind does not stay up"});
  bool called = false;
  const Interrupt::OnStop on_stop(interrupt, [&called] { called = true; });
  EXPECT_TRUE(called);
  EXPECT_EQ(interrupt.signal(), 0);
  EXPECT_EQ(interrupt.error()->message, "spind does not stay up");
}

TEST(Interrupt, FirstReasonCounts) {
  Interrupt interrupt;
  interrupt.stop({ErrorCode::internal, "first"});
  interrupt.stop({ErrorCode::internal, "second"});
  EXPECT_EQ(interrupt.error()->message, "first");
}

TEST(Interrupt, SignalsThatWereIgnoredStayIgnored) {
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGHUP, &ignore, &before);
  {
    Interrupt interrupt;
    ::kill(::getpid(), SIGHUP);
    ::kill(::getpid(), SIGTERM);
    ASSERT_TRUE(interrupt.wait_for(seconds(20)));
    EXPECT_EQ(interrupt.signal(), SIGTERM);
  }
  ::sigaction(SIGHUP, &before, nullptr);
}

TEST(Interrupt, TheMaskIsAsItWas) {
  { const Interrupt interrupt; }
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(::sigismember(&mask, SIGINT), 0);
}

TEST(Patience, EndsAfterItsLimitAndStartsAnewAfterAnAnswer) {
  const Interrupt interrupt;
  Patience patience(seconds(0));
  EXPECT_TRUE(patience.is_fresh());
  EXPECT_FALSE(patience.wait(interrupt));
  EXPECT_FALSE(patience.is_fresh());
  patience.reset();
  EXPECT_TRUE(patience.is_fresh());
}

TEST(Patience, EndsWithTheInterrupt) {
  Interrupt interrupt;
  interrupt.stop({ErrorCode::internal, "stop"});
  Patience patience(seconds(3600));
  EXPECT_FALSE(patience.wait(interrupt));
}

}  // namespace
}  // namespace spin::cli
