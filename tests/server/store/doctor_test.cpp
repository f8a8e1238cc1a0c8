#include "server/store/doctor.h"

#include <ctime>
#include <fstream>

#include <sys/stat.h>

#include "schema/sql/tables.h"
#include "server/store/artifact_files.h"
#include "tests/server/store/artifact_files.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

class DoctorTest : public StoreTest {
 protected:
  DoctorTest() : artifacts_(value_of(ArtifactStore::open(folder_ / "artifacts"))) {
    model_ = store_artifact(*artifacts_, "model of job 1");
    commit(*store_, {insert_all(SweepId{1}, make_plan("s", 2, 5), 1), attach("w"),
                     core::InsertAttempt{{1, 5}, {1}, "w"},
                     core::InsertArtifact{{1}, {model_, ArtifactKind::model, 14}, 0}});
    input_.database = path();
    input_.artifacts = folder_ / "artifacts";
    input_.socket = folder_ / "spind.sock";
    input_.now_ms = std::int64_t{std::time(nullptr)} * 1000;
    input_.reserve_bytes = 1;
  }

  [[nodiscard]] CheckRow check(const std::string& name) const {
    for (auto& result : value_of(examine(input_))) {
      if (result.name == name) return result;
    }
    ADD_FAILURE() << "there is no check " << name;
    return {};
  }
  void expect(const std::string& name, CheckState state, const std::string& found) const {
    const auto result = check(name);
    EXPECT_EQ(result.state, state) << name << ": " << result.found;
    EXPECT_NE(result.found.find(found), std::string::npos) << name << ": " << result.found;
    EXPECT_EQ(result.advice.empty(), state == CheckState::ok) << name << ": " << result.advice;
  }
  [[nodiscard]] fs::path model_file() const { return path_of_artifact(input_.artifacts, model_); }

  std::unique_ptr<ArtifactStore> artifacts_;
  ArtifactId model_;
  DoctorInput input_;
};

TEST_F(DoctorTest, FindsNothingWhereNothingIsWrong) {
  for (const bool deep : {false, true}) {
    input_.deep = deep;
    const auto results = value_of(examine(input_));
    EXPECT_EQ(results.size(), 10U);
    for (const auto& result : results) {
      EXPECT_EQ(result.state, CheckState::ok) << result.name << ": " << result.found;
      EXPECT_FALSE(result.found.empty()) << result.name;
      EXPECT_EQ(result.advice, "") << result.name;
    }
  }
  store_->close();
  for (const auto& result : value_of(examine(input_)))
    EXPECT_EQ(result.state, CheckState::ok) << result.found;
}

TEST_F(DoctorTest, NamesVersions) {
  expect("versions", CheckState::ok, "SQLite 3.");
  store_->close();
  run_sql(path(), "PRAGMA user_version = " + std::to_string(migrations().size() - 1));
  expect("versions", CheckState::warning, "schema " + std::to_string(migrations().size() - 1));
  run_sql(path(), "PRAGMA user_version = 999");
  EXPECT_EQ(check("versions").state, CheckState::failed);
}

TEST_F(DoctorTest, FindsADamagedPageThatTheStartDoesNotSee) {
  // A text in place of another: quick_check does not compare tables with their indexes.
  store_->close();
  run_sql(path(),
          "PRAGMA writable_schema = ON;"
          "UPDATE sqlite_schema SET sql = replace(sql, '(job, sweep)', '(sweep, job)')"
          " WHERE name = 'sweep_range_by_job'");
  reopen();
  EXPECT_EQ(check("integrity").state, CheckState::failed) << check("integrity").found;
}

TEST_F(DoctorTest, FindsADefinitionThatSpinDidNotMake) {
  store_->close();
  run_sql(path(), "DROP INDEX sweep_by_name; CREATE INDEX sweep_by_name ON sweep (id)");
  expect("integrity", CheckState::failed, "the definition of index sweep_by_name");
}

TEST_F(DoctorTest, FindsABrokenReference) {
  store_->close();
  is_damaged_ = true;
  run_sql(path(), "DELETE FROM worker");
  expect("integrity", CheckState::failed, "a row of table attempt names a row of table worker");
}

TEST_F(DoctorTest, FindsACellThatIsComparedWithNone) {
  store_->close();
  run_sql(path(), "UPDATE cell SET unshared = 99 WHERE position = 1");
  expect("integrity", CheckState::failed, "a cell of sweep 1 is compared with one that is not there");
}

TEST_F(DoctorTest, FindsARangeOfJobsThatAreNotThere) {
  store_->close();
  run_sql(path(), "UPDATE sweep_range SET jobs = jobs + 1");
  expect("integrity", CheckState::failed, "a range of sweep 1 names a job that is not there");
}

TEST_F(DoctorTest, ADatabaseThatCannotBeOpenedHindersOnlyWhatNeedsIt) {
  input_.database = folder_ / "none.db";
  const auto results = value_of(examine(input_));
  ASSERT_EQ(results.size(), 10U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(results[i].state, CheckState::failed) << results[i].name;
  EXPECT_NE(results[0].found.find("none.db"), std::string::npos) << results[0].found;
  for (std::size_t i = 6; i < 10; ++i) EXPECT_EQ(results[i].state, CheckState::ok) << results[i].found;
}

TEST_F(DoctorTest, FindsAClockThatWasSetBack) {
  input_.now_ms -= std::int64_t{24} * 3600 * 1000;
  expect("clock", CheckState::warning, "but the database knows the time");
}

TEST_F(DoctorTest, FindsArtifactsThatAreGoneOrOfAnotherSize) {
  fs::resize_file(model_file(), 5);
  expect("artifacts", CheckState::failed,
         "1 artifact have a file of another size (" + model_.short_hex() + ")");
  fs::remove(model_file());
  expect("artifacts", CheckState::failed, "that a job needs have no file (" + model_.short_hex() + ")");
  commit(*store_,
         {core::InsertArtifact{{1}, {store_artifact(*artifacts_, "again"), ArtifactKind::model, 5}, 0}});
  expect("artifacts", CheckState::warning, "that no job needs have no file");
}

TEST_F(DoctorTest, FindsAFlippedBitWhenItReadsEverything) {
  std::fstream file(model_file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(3);
  file.put('E');
  file.close();
  EXPECT_EQ(check("artifacts").state, CheckState::ok);
  input_.deep = true;
  expect("artifacts", CheckState::failed, "other bytes than their hash says (" + model_.short_hex() + ")");
}

TEST_F(DoctorTest, FindsFilesThatTheDatabaseDoesNotKnow) {
  expect("stray files", CheckState::ok, "every file is that of an artifact");
  const auto stray = place_file(input_.artifacts, "whose?");
  expect("stray files", CheckState::ok, "1 file that no job names, younger than 1 hour");
  age_file(input_.artifacts, stray, hours(2));
  age_file(input_.artifacts, model_, hours(2));
  expect("stray files", CheckState::warning, "1 file with 6 bytes that the database does not know");
  fs::create_directories(artifact_folder(input_.artifacts, 3));
  std::ofstream(artifact_folder(input_.artifacts, 3) / "notes") << "x";
  expect("stray files", CheckState::warning, "1 file of another program");
}

TEST_F(DoctorTest, FindsForgottenUploads) {
  ASSERT_TRUE(value_of(artifacts_->upload(artifact_id_of("u"), 5))->append(0, "abc").ok());
  expect("uploads", CheckState::ok, "1 unfinished upload with 3 bytes");
  fs::last_write_time(incoming_folder(input_.artifacts) / artifact_id_of("u").hex(),
                      fs::file_time_type::clock::now() - hours(25));
  expect("uploads", CheckState::warning, "1 of them untouched for a day");
}

TEST_F(DoctorTest, FindsALogThatGrew) {
  store_->close();
  const auto log = fs::path(path()) += "-wal";
  std::ofstream(log).flush();
  fs::resize_file(log, std::uintmax_t{200} << 20U);
  EXPECT_EQ(check("write-ahead log").state, CheckState::warning);
}

TEST_F(DoctorTest, FindsADiskWithoutRoom) {
  input_.reserve_bytes = std::uint64_t{1} << 60U;
  expect("room", CheckState::failed, "shall stay free");
}

TEST_F(DoctorTest, FindsWhatIsOpenToOthers) {
  ASSERT_EQ(::chmod(path().c_str(), 0640), 0);
  expect("permissions", CheckState::failed, path().string() + " has mode 0640");
  ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
  ASSERT_EQ(::chmod(input_.artifacts.c_str(), 0755), 0);
  expect("permissions", CheckState::failed, "artifacts has mode 0755");
  ASSERT_EQ(::chmod(input_.artifacts.c_str(), 0700), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  expect("permissions", CheckState::failed, "has mode 0777");
}

TEST_F(DoctorTest, ChangesNothingAndCanBeBrokenOff) {
  const auto before = fs::last_write_time(model_file());
  const auto epoch = rows_of(path(), "SELECT value FROM meta WHERE key = 'boot_epoch'");
  input_.deep = true;
  ASSERT_TRUE(examine(input_).ok());
  EXPECT_EQ(fs::last_write_time(model_file()), before);
  EXPECT_EQ(rows_of(path(), "SELECT value FROM meta WHERE key = 'boot_epoch'"), epoch);
  int questions = 0;
  input_.go_on = [&] { return ++questions < 3; };
  EXPECT_EQ(examine(input_).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace spin
