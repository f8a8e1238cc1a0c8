#include "server/store/garbage.h"

#include <atomic>
#include <csignal>
#include <ctime>
#include <fstream>
#include <future>
#include <thread>

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/base/sha256.h"
#include "server/store/artifact_files.h"
#include "server/store/change_writer.h"
#include "server/store/open.h"
#include "tests/server/store/artifact_files.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

/// Under it, everything was stored long ago.
constexpr GarbagePolicy kAtOnce{.unreferenced_grace = hours(-1), .stray_grace = hours(-1)};

core::Change name(std::int64_t job, const ArtifactId& id, ArtifactKind kind = ArtifactKind::checkpoint) {
  return core::InsertArtifact{{job}, ArtifactRef{id, kind, 1}, 1};
}

class GarbageTest : public StoreTest {
 protected:
  GarbageTest() : artifacts_(value_of(ArtifactStore::open(folder()))) {
    commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 100), 1)});
  }
  [[nodiscard]] fs::path folder() const { return folder_ / "artifacts"; }

  GarbageReport collect(const GarbagePolicy& policy) {
    std::promise<GarbageReport> done;
    store_->collect_garbage(*artifacts_, policy,
                            [&](const GarbageReport& report) { done.set_value(report); });
    return done.get_future().get();
  }
  [[nodiscard]] std::int64_t rows() const {
    return std::stoll(rows_of(path(), "SELECT count(*) FROM artifact").at(0));
  }
  /// A row that no job names, long ago, and its file. The store is closed meanwhile.
  void add_old(const std::vector<std::string>& contents) {
    store_->close();
    std::string sql = "BEGIN;";
    for (const auto& content : contents) {
      const auto id = place_file(folder(), content);
      age_file(folder(), id, hours(24));
      sql +=
          "INSERT INTO artifact VALUES (x'" + id.hex() + "', " + std::to_string(content.size()) + ", 1000);";
    }
    run_sql(path(), sql + "COMMIT");
    reopen();
  }

  std::unique_ptr<ArtifactStore> artifacts_;
};

TEST_F(GarbageTest, WhatAJobNamesStaysAndTheRestGoes) {
  std::vector<ArtifactId> named, superseded;
  for (int job = 1; job <= 40; ++job) {
    superseded.push_back(store_artifact(*artifacts_, "old " + std::to_string(job)));
    named.push_back(store_artifact(*artifacts_, "new " + std::to_string(job)));
    commit(*store_, {name(job, superseded.back()), name(job, named.back())});
  }
  commit(*store_, {name(7, superseded[9], ArtifactKind::model)});
  const auto report = collect(kAtOnce);
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.artifacts, 39);
  EXPECT_EQ(report.failures, 0) << report.failure;
  EXPECT_GT(report.bytes, 39 * 4);
  for (std::size_t i = 0; i < named.size(); ++i) {
    EXPECT_TRUE(has_file(folder(), named[i])) << i;
    EXPECT_EQ(has_file(folder(), superseded[i]), i == 9) << i;
  }
  EXPECT_EQ(rows(), 41);
  EXPECT_EQ(collect(kAtOnce).artifacts, 0) << "nothing is left";
  EXPECT_EQ(rows_of(path(), "PRAGMA foreign_key_check"), std::vector<std::string>());
}

TEST_F(GarbageTest, TheGraceKeepsWhatWasJustStored) {
  const auto first = store_artifact(*artifacts_, "first");
  commit(*store_, {name(1, first)});
  commit(*store_, {name(1, store_artifact(*artifacts_, "second"))});
  const auto stray = store_artifact(*artifacts_, "its report is on its way");
  const auto report = collect(GarbagePolicy());
  EXPECT_EQ(report.artifacts + report.strays, 0);
  EXPECT_TRUE(has_file(folder(), first));
  EXPECT_TRUE(has_file(folder(), stray));
}

TEST_F(GarbageTest, FilesThatTheDatabaseDoesNotKnowGoAfterAWeek) {
  const auto known = store_artifact(*artifacts_, "known");
  commit(*store_, {name(1, known)});
  const auto young = place_file(folder(), "young"), old = place_file(folder(), "old");
  age_file(folder(), known, hours(24 * 8));
  age_file(folder(), young, hours(24 * 6));
  age_file(folder(), old, hours(24 * 8));
  const auto foreign = artifact_folder(folder(), 7) / "notes.txt";
  fs::create_directories(foreign.parent_path());
  std::ofstream(foreign) << "not ours";
  fs::last_write_time(foreign, fs::file_time_type::clock::now() - hours(24 * 30));
  const auto report = collect(GarbagePolicy());
  EXPECT_EQ(report.strays, 1);
  EXPECT_EQ(report.bytes, 3);
  EXPECT_TRUE(has_file(folder(), known));
  EXPECT_TRUE(has_file(folder(), young));
  EXPECT_FALSE(has_file(folder(), old));
  EXPECT_TRUE(fs::exists(foreign));
}

TEST_F(GarbageTest, ForgottenUploadsGoButNotThoseThatAreOpen) {
  const auto forgotten = artifact_id_of("forgotten"), open = artifact_id_of("open");
  ASSERT_TRUE(value_of(artifacts_->upload(forgotten, 9))->append(0, "forg").ok());
  const auto upload = value_of(artifacts_->upload(open, 4));
  ASSERT_TRUE(upload->append(0, "op").ok());
  for (const auto& id : {forgotten, open}) {
    fs::last_write_time(incoming_folder(folder()) / id.hex(), fs::file_time_type::clock::now() - hours(25));
  }
  EXPECT_EQ(collect(GarbagePolicy()).uploads, 1);
  EXPECT_EQ(artifacts_->stat(forgotten).bytes, 0);
  ASSERT_TRUE(upload->append(2, "en").ok());
  EXPECT_TRUE(upload->finish().ok());
}

TEST_F(GarbageTest, AnArtifactThatIsAskedForAgainIsNotOldAnyMore) {
  add_old({"a", "b", "c"});
  const auto a = artifact_id_of("a"), b = artifact_id_of("b"), c = artifact_id_of("c");
  EXPECT_TRUE(artifacts_->stat(a).complete);
  store_artifact(*artifacts_, "b");
  EXPECT_EQ(collect(GarbagePolicy()).artifacts, 3);
  EXPECT_TRUE(has_file(folder(), a));
  EXPECT_TRUE(has_file(folder(), b));
  EXPECT_FALSE(has_file(folder(), c));
  commit(*store_, {name(1, a), name(2, b)});
  EXPECT_EQ(rows(), 2);
  EXPECT_EQ(collect(kAtOnce).artifacts, 0);
  EXPECT_TRUE(has_file(folder(), a));
}

TEST_F(GarbageTest, AWorkerThatNamesAnOldArtifactMeanwhileFindsItOrSendsItAgain) {
  std::vector<std::string> contents;
  for (int i = 0; i < 100; ++i) contents.push_back("content " + std::to_string(i));
  add_old(contents);
  std::thread worker([&] {
    for (int i = 0; i < 100; ++i) {
      const auto id = store_artifact(*artifacts_, contents[static_cast<std::size_t>(i)]);
      commit(*store_, {name(i + 1, id)});
    }
  });
  for (int pass = 0; pass < 20; ++pass) EXPECT_TRUE(collect(GarbagePolicy()).complete);
  worker.join();
  EXPECT_EQ(rows(), 100);
  for (const auto& content : contents) {
    EXPECT_EQ(value_of(sha256_file(path_of_artifact(folder(), artifact_id_of(content)))), sha256(content));
  }
}

TEST_F(GarbageTest, AnArtifactThatIsNamedBetweenTheStepsStays) {
  std::vector<std::string> contents;
  for (int i = 0; i < 60; ++i) contents.push_back("late " + std::to_string(i));
  add_old(contents);
  store_->close();
  auto database = value_of(open_database(path()));
  auto collector = value_of(
      GarbageCollector::make(database.connection, *artifacts_, GarbagePolicy(), std::time(nullptr) * 1000));
  ASSERT_TRUE(value_of(collector.step())) << "the rows are gone, the files are not";
  auto writer = value_of(ChangeWriter::make(database.connection));
  for (const auto& content : contents)
    ASSERT_TRUE(writer.apply(name(1, artifact_id_of(content)), 1'000'000).ok());
  while (value_of(collector.step())) {
  }
  EXPECT_EQ(collector.report().bytes, 0);
  for (const auto& content : contents) EXPECT_TRUE(has_file(folder(), artifact_id_of(content)));
}

TEST_F(GarbageTest, CommitsGoOnBetweenTheSteps) {
  std::vector<std::string> contents;
  for (int i = 0; i < 2000; ++i) contents.push_back(std::to_string(i));
  add_old(contents);
  // Each commit is queued when the one before is done: a pass that held the writer would end before the
  // second.
  std::atomic<bool> collected = false;
  int commits_meanwhile = 0;
  store_->collect_garbage(*artifacts_, GarbagePolicy(), [&](const GarbageReport& report) {
    EXPECT_EQ(report.artifacts, 2000);
    collected = true;
  });
  while (!collected) {
    commit(*store_, {core::AppendLog{{1}, {"x"}}});
    ++commits_meanwhile;
  }
  EXPECT_GT(commits_meanwhile, 10);
}

TEST_F(GarbageTest, APassThatWaitsOrRunsAnswersAllWhoAskForIt) {
  add_old({"a", "b"});
  std::vector<std::int64_t> removed, removed_at_once;  // on the writer's thread
  const auto ask = [&] {
    store_->collect_garbage(*artifacts_, GarbagePolicy(),
                            [&](const GarbageReport& report) { removed.push_back(report.artifacts); });
  };
  std::promise<void> writing, queued;
  store_->commit({}, [&] {
    writing.set_value();
    queued.get_future().wait();
  });
  writing.get_future().wait();
  ask();
  ask();
  store_->collect_garbage(*artifacts_, kAtOnce,
                          [&](const GarbageReport& report) { removed_at_once.push_back(report.artifacts); });
  store_->commit({}, ask);  // between two steps of the pass
  queued.set_value();
  EXPECT_TRUE(collect(kAtOnce).complete);
  EXPECT_EQ(removed, (std::vector<std::int64_t>{2, 2, 2}));
  EXPECT_EQ(removed_at_once, std::vector<std::int64_t>{0}) << "a pass of its own, after the other";
}

TEST_F(GarbageTest, EverybodyIsAnsweredWhereTheStoreCloses) {
  add_old({"a", "b"});
  std::vector<bool> complete;  // on the writer's thread
  for (int i = 0; i < 5; ++i) {
    store_->collect_garbage(*artifacts_, i % 2 == 0 ? kAtOnce : GarbagePolicy(),
                            [&](const GarbageReport& report) { complete.push_back(report.complete); });
  }
  store_->close();
  EXPECT_EQ(complete.size(), 5U);
}

TEST_F(GarbageTest, ANewDatabaseBesideFilesOfAnotherIsTold) {
  const auto warning = [&] { return value_of(warn_of_lost_database(*artifacts_, GarbagePolicy())); };
  place_file(folder(), "a");
  place_file(folder(), "b");
  EXPECT_NE(warning().find(folder().string() + " holds 2 files"), std::string::npos) << warning();
  EXPECT_NE(warning().find("7 days"), std::string::npos) << warning();
  fs::remove_all(folder());
  EXPECT_EQ(warning(), "");
}

TEST_F(GarbageTest, AFileThatTheSystemKeepsIsReportedAndTheRestGoes) {
  add_old({"a", "b"});
  const auto stuck = path_of_artifact(folder(), artifact_id_of("a"));
  fs::remove(stuck);
  fs::create_directory(stuck);  // unlink() refuses a folder, also for root
  fs::last_write_time(stuck, fs::file_time_type::clock::now() - hours(24));
  const auto report = collect(GarbagePolicy());
  EXPECT_EQ(report.artifacts, 2);
  EXPECT_EQ(report.failures, 1);
  EXPECT_NE(report.failure.find(artifact_id_of("a").hex()), std::string::npos) << report.failure;
  EXPECT_FALSE(has_file(folder(), artifact_id_of("b")));
}

TEST_F(GarbageTest, ACrashBetweenTheRowAndTheFileLosesNothingAndLeavesNothing) {
  const auto named = store_artifact(*artifacts_, "named");
  commit(*store_, {name(1, named)});
  add_old({"a", "b", "c"});
  store_->close();
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto database = open_database(path());
    auto store = ArtifactStore::open(folder());
    if (!database.ok() || !store.ok()) ::_exit(2);
    auto collector =
        GarbageCollector::make(database->connection, **store, kAtOnce, std::time(nullptr) * 1000);
    if (!collector.ok()) ::_exit(3);
    // Called when the rows are gone for good, before anything else happens.
    const auto die = [](void*, sqlite3*, const char*, int) { return ::raise(SIGKILL); };
    sqlite3_wal_hook(database->connection.handle(), die, nullptr);
    const auto stepped = collector->step();
    ::_exit(stepped.ok() ? 4 : 5);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  reopen();
  EXPECT_EQ(rows(), 1);
  EXPECT_TRUE(has_file(folder(), artifact_id_of("a"))) << "the crash came too late for this test";
  EXPECT_EQ(collect(kAtOnce).strays, 3);
  EXPECT_FALSE(has_file(folder(), artifact_id_of("a")));
  EXPECT_TRUE(has_file(folder(), named));
}

}  // namespace
}  // namespace spin
