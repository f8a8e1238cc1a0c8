#pragma once

namespace spin {

/// From now on a fault that ends the process by SIGABRT, SIGSEGV, SIGBUS, SIGFPE or SIGILL is named on
/// standard error, with the calls that led to it, as `program`, a literal. What the C++ library, glibc and
/// gRPC say before they abort stands above it. A signal that somebody handles already, as sanitizers do, is
/// left to them. While there is one thread.
void say_last_words(const char* program);

}  // namespace spin
