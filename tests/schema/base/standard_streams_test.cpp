#include "schema/base/standard_streams.h"

#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spin {
namespace {

bool is_null_device(int fd) {
  struct ::stat found {
  }, null{};
  return ::fstat(fd, &found) == 0 && ::stat("/dev/null", &null) == 0 && found.st_rdev == null.st_rdev &&
         S_ISCHR(found.st_mode);
}

/// In a child: closes these, calls the function and opens a file. 0 where the file got none of the three
/// numbers and those that were closed, alone, are /dev/null.
int outcome_with_closed(const std::vector<int>& closed) {
  const pid_t child = ::fork();
  if (child == 0) {
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) ::_exit(2);
    for (int fd = 0; fd <= 2; ++fd) ::dup2(pipe_ends[1], fd);
    for (const int fd : closed) ::close(fd);
    open_standard_streams();
    int nulls = 0;
    for (int fd = 0; fd <= 2; ++fd) nulls += is_null_device(fd) ? 1 : 0;
    for (const int fd : closed)
      if (!is_null_device(fd)) ::_exit(3);
    if (nulls != static_cast<int>(closed.size())) ::_exit(4);
    ::_exit(::open("/dev/zero", O_RDONLY) > 2 ? 0 : 5);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(StandardStreams, NoFileGetsTheNumberOfOneThatIsClosed) {
  EXPECT_EQ(outcome_with_closed({}), 0);
  EXPECT_EQ(outcome_with_closed({2}), 0);
  EXPECT_EQ(outcome_with_closed({0}), 0);
  EXPECT_EQ(outcome_with_closed({1}), 0);
  EXPECT_EQ(outcome_with_closed({0, 2}), 0);
  EXPECT_EQ(outcome_with_closed({0, 1, 2}), 0);
}

}  // namespace
}  // namespace spin
