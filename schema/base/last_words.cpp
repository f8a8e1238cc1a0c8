#include "schema/base/last_words.h"

#include <array>
#include <csignal>
#include <cstring>

#include <execinfo.h>
#include <unistd.h>

namespace spin {
namespace {

struct Fault {
  int signal;
  const char* name;
};
constexpr std::array<Fault, 5> kFaults = {
    {{SIGABRT, "SIGABRT"}, {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}}};

const char* program_name = "";

void write_text(const char* text) {
  // Where even this cannot be written, nothing can be done about it.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

/// Only calls that are safe in a handler. The signal is delivered again, with its usual end, on return.
void speak(int signal) {
  for (const auto& fault : kFaults) {
    if (fault.signal != signal) continue;
    write_text(program_name);
    write_text(" ends by ");
    write_text(fault.name);
    write_text("; these calls led to it:\n");
  }
  std::array<void*, 64> calls{};
  const int count = ::backtrace(calls.data(), static_cast<int>(calls.size()));
  ::backtrace_symbols_fd(calls.data(), count, STDERR_FILENO);
  ::raise(signal);  // SA_RESETHAND has put the default back
}

}  // namespace

void say_last_words(const char* program) {
  program_name = program;
  std::array<void*, 1> first{};
  ::backtrace(first.data(), 1);  // loads what later ones need, while memory may be taken
  for (const auto& fault : kFaults) {
    struct sigaction action {};
    if (::sigaction(fault.signal, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = speak;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(fault.signal, &action, nullptr);
  }
}

}  // namespace spin
