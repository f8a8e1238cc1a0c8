#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/core/changes.h"
#include "server/store/reader.h"
#include "server/store/store.h"
#include "tests/support/temp_folder.h"

namespace spin {

/// Any text as an identity.
JobId job_id_of(const std::string& text);
ArtifactId artifact_id_of(const std::string& text);

/// A sweep of `cells` cells with `seeds` jobs each. Cell 0 is the unshared network of all others; the jobs of
/// the others depend on those of cell 0 with the same seed. Equal `salt`s give equal jobs.
std::shared_ptr<FirstPart> make_plan(const std::string& name, int cells, int seeds,
                                     const std::string& salt = "");

/// What a store holds.
struct StoredState final : core::StoredSink {
  void expect_jobs(std::int64_t /*jobs*/) override {}
  std::int64_t boot_epoch = 0;
  std::vector<core::StoredSweep> sweeps;
  std::vector<core::StoredJob> jobs;
  std::vector<core::StoredData> data;
  SweepId last_sweep;

  void take(core::StoredJob job) override { jobs.push_back(std::move(job)); }
  void take(core::StoredSweep sweep) override { sweeps.push_back(std::move(sweep)); }
  void take(core::StoredData state) override { data.push_back(std::move(state)); }
  void number_sweeps_behind(SweepId last) override { last_sweep = last; }
};

/// All jobs new, with keys from `first_key`.
core::InsertSweep insert_all(SweepId id, std::shared_ptr<const FirstPart> plan, std::int64_t first_key);

core::Change set_state(std::int64_t job, JobState state, const std::string& reason = "");
core::Change attach(const std::string& worker);

/// The value, or a failed test and an exception that ends it.
template <class T>
T value_of(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.error().message;
    throw std::runtime_error(result.error().message);
  }
  return *std::move(result);
}

/// A store whose failures fail the test.
std::unique_ptr<Store> open_store(const std::filesystem::path& path);
StoredState load(Store& store);
/// Returns when the changes are durable; where the store fails before, an exception ends the test.
void commit(Store& store, std::vector<core::Change> changes);

/// All rows of results(); a failure ends the test.
std::vector<ResultRow> results_of(Reader& reader, SweepId sweep);

/// A folder with a store in it.
class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { reopen(); }
  /// Ends the store and opens it again; what it loaded.
  StoredState reopen();
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "spin.db"; }
  /// The coordinator's connection checks no references; every test does.
  void TearDown() override;

  TempFolder folder_;
  std::unique_ptr<Store> store_;
  bool is_damaged_ = false;  ///< by the test
};

}  // namespace spin
