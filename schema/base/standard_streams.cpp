#include "schema/base/standard_streams.h"

#include <cerrno>
#include <cstdlib>
#include <initializer_list>

#include <fcntl.h>
#include <unistd.h>

namespace spin {

void open_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    // open() takes the lowest number that is free, which is this one, and programs started later inherit it.
    // Standard output is opened for reading, so that who prints into the void learns of it; what goes to
    // standard error is lost in silence.
    const int flags = stream == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", flags) != stream) std::_Exit(EXIT_FAILURE);
  }
}

}  // namespace spin
