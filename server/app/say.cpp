#include "server/app/say.h"

#include <iostream>

#include "schema/base/text.h"
#include "server/app/exit_code.h"

namespace spin {

// Streams, because neither a full disk nor a closed pipe makes them throw.
void complain(const std::string& message) { std::cerr << "spind: " + printable(message) + "\n"; }

int fail(const Error& error) {
  complain(error.message);
  return exit_code_of(error);
}

int after_output(int exit_code) {
  std::cout.flush();
  if (std::cout) return exit_code;
  complain("standard output could not be written");
  return exit_code == 0 ? kExitFailed : exit_code;
}

}  // namespace spin
