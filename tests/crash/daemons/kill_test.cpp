#include <random>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/crash/daemons/daemons.h"

// Dozens of SIGKILLs at random moments; tests/bench/kills.py does the same a thousand times, with a stricter
// ledger. SPIN_TEST_SEED repeats the choice of moments.

namespace spin {
namespace {

using std::chrono::milliseconds;

constexpr int kKills = 50, kJobsASweep = 40;

class RandomKills : public testing::Test {
 protected:
  RandomKills() : seed(chosen_seed()), random(seed) {}
  static unsigned chosen_seed() {
    const char* given = std::getenv("SPIN_TEST_SEED");
    return given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}();
  }

  int draw(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); }
  static std::string name(int worker) { return "w" + std::to_string(worker); }
  void start_worker(int worker) {
    daemons.start_worker(name(worker), {{"do", "finish"}, {"model_bytes", 20'000}},
                         {"--checkpoint-seconds", "0"});
  }
  void start_spind() {
    daemons.start_spind();
    ASSERT_TRUE(daemons.spind().running()) << daemons.spind().output();
  }

  /// Of ten kills four hit spind, four a worker and two a trainer.
  void kill_one() {
    const int kind = draw(0, 9), worker = draw(0, kWorkers - 1);
    if (kind < 4) {
      ASSERT_TRUE(daemons.spind().running()) << daemons.spind().output();
      daemons.spind().signal(SIGKILL);
      daemons.spind().wait(Daemons::kDeadline);
      start_spind();
    } else if (kind < 8) {
      auto& victim = daemons.worker(name(worker));
      ASSERT_TRUE(victim.running()) << victim.output();
      victim.signal(SIGKILL);
      victim.wait(Daemons::kDeadline);
      start_worker(worker);
    } else {
      const auto trainers = marked_processes(daemons.mark, "fake_trainer");
      if (!trainers.empty()) ::kill(trainers.front(), SIGKILL);
    }
  }
  void pause() {
    const auto until = std::chrono::steady_clock::now() + milliseconds(draw(0, 250));
    eventually(std::chrono::seconds(5), [&] { return std::chrono::steady_clock::now() >= until; });
  }

  [[nodiscard]] static std::string sweep(int number) { return "kills-" + std::to_string(number); }
  /// A sweep more where the last one is over, or has found no coordinator.
  void feed() {
    if (sweeps > 0 && daemons.count(sweep(sweeps - 1), "completed") < kJobsASweep) return;
    if (daemons.submit(sweep(sweeps), kJobsASweep, sweeps * kJobsASweep)) ++sweeps;
  }

  static constexpr int kWorkers = 3;
  const unsigned seed;
  std::mt19937 random;
  Daemons daemons;
  int sweeps = 0;
};

/// The first column of the first row, as text.
std::string ask(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  std::string answer;
  if (sqlite3_step(statement) == SQLITE_ROW)
    answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  return answer;
}

TEST_F(RandomKills, LoseNothingAndRepeatNothing) {
  SCOPED_TRACE("SPIN_TEST_SEED=" + std::to_string(seed));
  ASSERT_NO_FATAL_FAILURE(start_spind());
  for (int worker = 0; worker < kWorkers; ++worker) start_worker(worker);
  for (int i = 0; i < kKills; ++i) {
    feed();
    pause();
    ASSERT_NO_FATAL_FAILURE(kill_one());
  }
  for (int i = 0; i < sweeps; ++i) {
    EXPECT_TRUE(eventually(Daemons::kDeadline, [&] {
      return daemons.count(sweep(i), "completed") == kJobsASweep;
    })) << daemons.spinctl({"jobs", sweep(i)}).output;
  }
  daemons.stop();

  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open_v2(daemons.database.c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  EXPECT_EQ(ask(database, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(ask(database, "PRAGMA foreign_key_check"), "");
  const std::string jobs = std::to_string(sweeps * kJobsASweep);
  EXPECT_EQ(ask(database, "SELECT count(*) FROM job"), jobs);
  EXPECT_EQ(ask(database, "SELECT count(*) FROM result"), jobs);
  EXPECT_EQ(ask(database, "SELECT count(*) FROM attempt WHERE state = 'finished'"), jobs);
  EXPECT_EQ(ask(database, "SELECT count(DISTINCT job) FROM attempt WHERE state = 'finished'"), jobs);
  EXPECT_EQ(ask(database, "SELECT count(*) FROM job_artifact WHERE kind = 'model'"), jobs);
  sqlite3_close_v2(database);
}

}  // namespace
}  // namespace spin
