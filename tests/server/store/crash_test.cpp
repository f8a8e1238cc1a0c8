#include <csignal>
#include <filesystem>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "tests/server/store/fixture.h"

// Processes that end without closing the store.

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr int kJobs = 400;

/// In a process of its own: cancels job 1, 2, ... each in a batch of its own, and tells each acknowledgement
/// with one byte. Does not return.
[[noreturn]] void cancel_one_by_one(const fs::path& path, int pipe) {
  const auto die = [](const Error&) { ::_exit(2); };
  auto store = Store::open(path, die);
  if (!store.ok()) ::_exit(3);
  (*store)->commit({insert_all(SweepId{1}, make_plan("s", 1, kJobs), 1)}, nullptr);
  for (int job = 1; job <= kJobs; ++job) {
    (*store)->commit({set_state(job, JobState::cancelled)}, [pipe] {
      if (::write(pipe, "x", 1) != 1) ::_exit(4);
    });
  }
  for (;;) ::pause();
}

/// Kills the process after `acknowledged` bytes.
void kill_after(const fs::path& path, int acknowledged) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(pipe[0]);
    cancel_one_by_one(path, pipe[1]);
  }
  ::close(pipe[1]);
  const FileDescriptor reading(pipe[0]);
  char byte = 0;
  int received = 0;
  while (received < acknowledged && ::read(reading.get(), &byte, 1) == 1) ++received;
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  ASSERT_EQ(received, acknowledged);
}

/// The jobs that are cancelled are the first ones, without a gap; their number.
int cancelled_prefix(const StoredState& state) {
  int count = 0;
  bool gap = false;
  for (const auto& job : state.jobs) {
    if (job.state != JobState::cancelled) {
      gap = true;
      continue;
    }
    EXPECT_FALSE(gap) << "job " << job.key.value << " is there, an earlier one is not";
    ++count;
  }
  return count;
}

TEST(StoreCrash, WhatWasAcknowledgedSurvivesSigkill) {
  for (const int acknowledged : {1, 2, 37, 150, kJobs}) {
    const TempFolder folder;
    ASSERT_NO_FATAL_FAILURE(kill_after(folder / "spin.db", acknowledged));
    const auto store = open_store(folder / "spin.db");
    const auto state = load(*store);
    EXPECT_EQ(state.jobs.size(), static_cast<std::size_t>(kJobs));
    EXPECT_GE(cancelled_prefix(state), acknowledged);
  }
}

TEST(StoreCrash, ALogThatIsCutAnywhereGivesAPrefixOfTheCommits) {
  const TempFolder folder;
  ASSERT_NO_FATAL_FAILURE(kill_after(folder / "spin.db", kJobs));
  const auto log_bytes = fs::file_size(folder / "spin.db-wal");
  ASSERT_GT(log_bytes, 0U);
  fs::create_directory(folder / "copy");
  const auto copy = fs::path(folder / "copy") / "spin.db";
  int before = 0;
  constexpr std::uintmax_t kSteps = 60;
  for (std::uintmax_t step = 0; step <= kSteps; ++step) {
    fs::copy_file(folder / "spin.db", copy, fs::copy_options::overwrite_existing);
    fs::copy_file(folder / "spin.db-wal", fs::path(folder / "copy") / "spin.db-wal",
                  fs::copy_options::overwrite_existing);
    fs::remove(fs::path(folder / "copy") / "spin.db-shm");
    fs::resize_file(fs::path(folder / "copy") / "spin.db-wal", log_bytes * step / kSteps);
    auto store = open_store(copy);
    const auto count = cancelled_prefix(load(*store));
    EXPECT_GE(count, before) << "step " << step;
    before = count;
    store->close();
  }
  EXPECT_EQ(before, kJobs);
}

}  // namespace
}  // namespace spin
