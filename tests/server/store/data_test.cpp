// What results were trained on, and results that others have taken the place of.
#include "server/store/doctor.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

class TrainedData : public StoreTest {
 protected:
  TrainedData() : plan_(make_plan("study", 1, 3)) {
    for (auto& cell : plan_->cells) cell.demand.dataset = "mnist";
    commit(*store_, {insert_all(SweepId{1}, plan_, 1), attach("w"), core::NoteData{"mnist", kOld}});
  }
  void finish(std::int64_t job, const DataState& state) {
    JobResult result;
    result.values.set(Metric::top1, 50 + static_cast<double>(job));
    result.data = state;
    commit(*store_, {core::InsertResult{{job}, {1, job}, result, "w"},
                     core::SetJobState{{job}, JobState::completed, "", 0, 0, 0}});
  }
  [[nodiscard]] CheckRow check() const {
    DoctorInput input;
    input.database = path();
    input.artifacts = folder_ / "artifacts";
    for (auto& row : value_of(examine(input)))
      if (row.name == "data") return row;
    return {};
  }

  const DataState kOld{"old", "12 images"};
  const DataState kNew{"new", "14 images"};
  std::shared_ptr<FirstPart> plan_;
};

TEST_F(TrainedData, IsKnownOfEachResult) {
  finish(1, kOld);
  const auto reader = value_of(Reader::open(path()));
  EXPECT_EQ(value_of(reader->job({1})).result->data, kOld);
  EXPECT_EQ(value_of(reader->data_states("mnist")), std::vector<DataState>{kOld});
  EXPECT_TRUE(value_of(reader->data_states("cifar10")).empty());
  EXPECT_TRUE(value_of(reader->trained_on_others("mnist", "old")).empty());
  const auto others = value_of(reader->trained_on_others("mnist", "new"));
  ASSERT_EQ(others.size(), 1U);
  EXPECT_EQ(others[0].job, plan_->jobs[0].id);
  EXPECT_EQ(others[0].data, "old");
  EXPECT_TRUE(value_of(reader->trained_on_others("cifar10", "new")).empty());
  EXPECT_EQ(check().state, CheckState::ok) << check().found;

  commit(*store_, {core::NoteData{"mnist", kNew}});
  finish(2, kNew);
  const auto cells = results_of(*reader, SweepId{1});
  ASSERT_EQ(cells.size(), 1U);
  EXPECT_EQ(cells[0].dataset, "mnist");
  EXPECT_EQ(std::set<std::string>(cells[0].data.begin(), cells[0].data.end()),
            (std::set<std::string>{"new", "old"}));
  EXPECT_EQ(check().state, CheckState::warning);
  EXPECT_EQ(
      check().found,
      "results of one data set rest on other data: mnist: 1 result on 14 images, 1 result on 12 images");
  EXPECT_EQ(rows_of(path(), "SELECT job, data FROM results ORDER BY position").size(), 2U);
  EXPECT_EQ(rows_of(path(), "SELECT data FROM jobs WHERE position = 0"), std::vector<std::string>{"old"});
}

TEST_F(TrainedData, AResultThatIsSupersededIsKeptApart) {
  finish(1, kOld);
  commit(*store_,
         {core::InsertEpoch{{1}, {1, 1}, EpochMetrics{1, {{Metric::loss, 2.5}, {Metric::top1, 50}}}}});
  commit(*store_, {core::SupersedeResult{{1}, {7, 9}}, core::RetireData{"mnist", "new"},
                   core::SetJobState{{1}, JobState::ready, "", 0, 0, 0}});
  const auto reader = value_of(Reader::open(path()));
  const auto detail = value_of(reader->job({1}));
  EXPECT_FALSE(detail.result || !detail.epochs.empty());
  EXPECT_EQ(rows_of(path(), "SELECT name || ' ' || data || ' ' || top1 FROM superseded"),
            std::vector<std::string>{"convmixer-64-8-4-3.s0 old 51.0"});
  const auto state = reopen();
  EXPECT_EQ(state.jobs.at(0).superseded, (AttemptToken{7, 9}));
  EXPECT_EQ(state.jobs.at(1).superseded, std::nullopt);
  ASSERT_EQ(state.data.size(), 1U);
  EXPECT_TRUE(state.data[0].state == kOld && state.data[0].retired);
  commit(*store_, {core::NoteData{"mnist", kOld}});
  EXPECT_FALSE(reopen().data.at(0).retired) << "it is there again";
  finish(1, kNew);
  EXPECT_EQ(value_of(value_of(Reader::open(path()))->job({1})).result->data.fingerprint, "new");
}

}  // namespace
}  // namespace spin
