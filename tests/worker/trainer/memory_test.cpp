// Jobs that need more memory than there is.
#include "schema/design/memory.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/worker/trainer/run_harness.h"
#include "worker/trainer/job_runner.h"
#include "worker/trainer/memory.h"

namespace spin {
namespace {

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kGiB = 1 << 30;

TEST(Memory, ErrorTellsWhatWasPredictedAndSeen) {
  EXPECT_EQ(out_of_memory(3'435'973'836, 3'113'851'290).message,
            "out of memory: predicted 3.2 GiB, peak seen 2.9 GiB; a smaller training.batch_size, more "
            "training.accumulation or a worker with more memory would do");
  EXPECT_EQ(out_of_memory(100 * kMiB, 0).message.rfind("out of memory: predicted 100 MiB; a smaller", 0), 0U);
  EXPECT_EQ(out_of_memory(1, 1).code, ErrorCode::resource_exhausted);
}

TEST(Memory, OnlyWhatIsFarTooLargeIsRefusedBeforeItStarts) {
  EXPECT_TRUE(check_memory(kGiB, 16 * kGiB).ok());
  EXPECT_TRUE(check_memory(17 * kGiB, 16 * kGiB).ok());
  const auto refused = check_memory(30 * kGiB, 16 * kGiB);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message.rfind("not started, for it would run out of memory: predicted 30.0 GiB, "
                                          "this machine has 16.0 GiB; ",
                                          0),
            0U)
      << refused.error().message;
}

class MemoryLimit : public RunTest {
 protected:
  JobEnd run_job(const Train& config) {
    events_.clear();
    RunCommand command;
    command.config = config_text(config);
    command.data = (folder_ / "data").string();
    const std::atomic<StopRequest> stop = StopRequest::none;
    return runner_.run(command, stop);
  }
  std::string failure() {
    const auto failures = all<FailedEvent>(events_);
    return failures.size() == 1 ? failures[0].message : "no failure";
  }

  JobRunner runner_{{}, [this](const TrainerEvent& event) { events_.push_back(event); }};
};

TEST_F(MemoryLimit, JobFarAboveTheMachineIsNotStarted) {
  auto config = tiny_config();
  config.network.channels = 16'384;
  config.network.depth = 1'000;
  config.topology = Topology::unshared(1'000);
  EXPECT_EQ(run_job(config), JobEnd::failed);
  EXPECT_EQ(failure().rfind("not started, for it would run out of memory: predicted ", 0), 0U) << failure();
}

std::int64_t address_space() {
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

TEST_F(MemoryLimit, JobFailsWithTheFiguresAndTheNextOneRuns) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need the whole address space";
#endif
  ASSERT_EQ(run_job(tiny_config()), JobEnd::finished) << failure();  // threads and libraries are there
  auto config = tiny_config();
  config.network.channels = 2'048;  // some 270 MB of weights, gradients and moments
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const rlimit small{static_cast<rlim_t>(address_space() + 200 * kMiB), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &small), 0);
  EXPECT_EQ(run_job(config), JobEnd::failed);
  const auto message = failure();
  EXPECT_EQ(run_job(tiny_config()), JobEnd::finished) << failure();
  setrlimit(RLIMIT_AS, &before);
  EXPECT_EQ(message.rfind("out of memory: predicted ", 0), 0U) << message;
  EXPECT_NE(message.find(", peak seen "), std::string::npos) << message;
}

}  // namespace
}  // namespace spin
