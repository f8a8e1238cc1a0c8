#pragma once

namespace spin {

/// Opens /dev/null in place of each of descriptors 0, 1 and 2 that is closed, so that no file or socket of
/// the program gets one of these numbers and what is written to a standard stream ends up in it. Writing
/// to a standard output that was closed goes on to fail. The first call of main(), while there is one thread.
/// Where even /dev/null cannot be opened the process ends with 1.
void open_standard_streams();

}  // namespace spin
