
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

class DeletionTest : public StoreTest {
 protected:
  /// Two sweeps of three cells of two jobs; the second one has the first cell of the first one, too. Job 5 of
  /// the first one ran.
  DeletionTest() {
    const auto first = make_plan("first", 3, 2);
    auto second = make_plan("second", 3, 2, "salt");
    core::InsertSweep change = insert_all(SweepId{2}, second, 5);
    for (std::size_t i = 0; i < 2; ++i) {
      second->jobs[i].id = first->jobs[i].id;
      change.jobs.keys[i] = core::JobKey{static_cast<std::int64_t>(i) + 1};
      change.jobs.is_new[i] = false;
    }
    change.jobs.inputs.clear();
    for (std::size_t i = 2; i < 6; ++i) change.jobs.keys[i] = core::JobKey{static_cast<std::int64_t>(i) + 5};
    commit(*store_, {insert_all(SweepId{1}, first, 1), change, attach("w"),
                     core::InsertAttempt{{1, 1}, {5}, "w"}, core::EndAttempt{{1, 1}, {5}, "finished", ""},
                     core::InsertEpoch{{5}, {1, 1}, {}, false}, core::AppendLog{{5}, {"a", "b"}},
                     core::InsertArtifact{{5}, {artifact_id_of("m"), ArtifactKind::model, 3}, 0},
                     core::InsertResult{{5},
                                        {1, 1},
                                        {Outcome::completed,
                                         {{Metric::top1, 90},
                                          {Metric::top5, 99},
                                          {Metric::params, 1},
                                          {Metric::flops, 2},
                                          {Metric::images_per_second, 3},
                                          {Metric::peak_bytes, 4},
                                          {Metric::seconds, 5}}}}});
  }
  [[nodiscard]] std::string count(const std::string& table) const {
    return rows_of(path(), "SELECT count(*) FROM " + table).at(0);
  }
  static core::SetSweepState deleting(std::int64_t sweep) {
    core::SetSweepState state;
    state.id = SweepId{sweep};
    state.cancelled = true;
    state.deleting = true;
    return state;
  }
};

TEST_F(DeletionTest, AListingThatItCutsShortIsNotTakenForAWholeOne) {
  const auto reader = value_of(Reader::open(path()));
  int rows = 0;
  EXPECT_TRUE(reader->results(SweepId{1}, [&](const ResultRow&) { return ++rows > 0; }).ok());
  EXPECT_EQ(rows, 3);
  commit(*store_, {deleting(1)});
  const auto results = reader->results(SweepId{1}, [](const ResultRow&) { return true; });
  ASSERT_FALSE(results.ok());
  EXPECT_EQ(results.error().code, ErrorCode::not_found);
  EXPECT_NE(results.error().message.find("was deleted while it was listed"), std::string::npos);
  EXPECT_EQ(reader->jobs(SweepId{1}, [](const JobRow&) { return true; }).error().code, ErrorCode::not_found);
}

TEST_F(DeletionTest, TakesAllRowsOfASweepAndLeavesTheOthers) {
  commit(*store_, {deleting(1)});
  const auto reader = value_of(Reader::open(path()));
  EXPECT_EQ(reader->find_sweep("first").error().code, ErrorCode::not_found);
  EXPECT_EQ(reader->find_sweep("1").error().code, ErrorCode::not_found);
  EXPECT_EQ(rows_of(path(), "SELECT DISTINCT sweep FROM jobs"), std::vector<std::string>{"second"});
  commit(*store_, {core::DeleteJobs{SweepId{1}, 4, {{6}, {5}}}});
  EXPECT_EQ(count("sweep_job WHERE sweep = 1"), "4");
  EXPECT_EQ(count("cell WHERE sweep = 1"), "2");
  for (const auto* table : {"attempt", "epoch", "result", "job_artifact", "log_line"})
    EXPECT_EQ(count(table), "0") << table;
  EXPECT_EQ(count("artifact"), "1") << "the collection of garbage removes it with its file";
  auto state = reopen();
  ASSERT_EQ(state.sweeps.size(), 2U);
  EXPECT_TRUE(state.sweeps[0].deleting) << "the next start goes on";
  EXPECT_EQ(state.sweeps[0].jobs.size(), 4U);
  commit(*store_, {core::DeleteJobs{SweepId{1}, 0, {{4}, {3}}}, core::DeleteSweep{SweepId{1}}});
  state = reopen();
  ASSERT_EQ(state.sweeps.size(), 1U);
  EXPECT_EQ(state.sweeps[0].id, SweepId{2});
  EXPECT_EQ(state.jobs.size(), 6U);
  EXPECT_EQ(count("sweep_range WHERE sweep = 1"), "0");
  EXPECT_EQ(count("cell WHERE sweep = 1"), "0");
  EXPECT_EQ(count("mark_run WHERE list = 1"), "0");
  EXPECT_EQ(count("pragma_foreign_key_check"), "0");
}

TEST_F(DeletionTest, TheIdOfTheNewestSweepIsNotForgotten) {
  commit(*store_, {deleting(2), core::DeleteJobs{SweepId{2}, 0, {{10}, {9}, {8}, {7}}},
                   core::DeleteSweep{SweepId{2}}});
  EXPECT_EQ(reopen().last_sweep, SweepId{2});
  EXPECT_EQ(count("job"), "6");
  // Numbers of jobs may be given once more; what is left of the ones before is in nobody's way.
  const auto plan = make_plan("third", 1, 2, "third");
  commit(*store_, {insert_all(SweepId{3}, plan, 7)});
  const auto reader = value_of(Reader::open(path()));
  EXPECT_EQ(value_of(reader->find_job(plan->jobs[1].id.hex())), core::JobKey{8});
  EXPECT_EQ(reader->find_job(make_plan("second", 3, 2, "salt")->jobs[3].id.hex()).error().code,
            ErrorCode::not_found);
}

TEST_F(DeletionTest, ACrashBetweenTheLastPartAndTheSweepLeavesOneToGoOnWith) {
  commit(*store_, {deleting(1), core::DeleteJobs{SweepId{1}, 0, {{6}, {5}, {4}, {3}}}});
  const auto state = reopen();
  ASSERT_EQ(state.sweeps.size(), 2U);
  EXPECT_TRUE(state.sweeps[0].deleting);
  EXPECT_TRUE(state.sweeps[0].jobs.empty());
  commit(*store_, {core::DeleteJobs{SweepId{1}, 0, {}}, core::DeleteSweep{SweepId{1}}});
  EXPECT_EQ(reopen().sweeps.size(), 1U);
}

}  // namespace
}  // namespace spin
