#include "tests/server/store/fixture.h"

#include <future>
#include <utility>

#include "schema/base/sha256.h"
#include "tests/server/store/raw_sql.h"

namespace spin {

JobId job_id_of(const std::string& text) { return JobId{sha256(text)}; }
ArtifactId artifact_id_of(const std::string& text) { return ArtifactId{sha256(text)}; }

std::shared_ptr<FirstPart> make_plan(const std::string& name, int cells, int seeds, const std::string& salt) {
  auto plan = std::make_shared<FirstPart>();
  plan->name = name;
  plan->description = "made by a test";
  plan->seeds = seeds;
  ConfigText texts;
  for (int index = 0; index < cells; ++index) {
    Train train;
    train.topology = Topology::unshared(8);
    train.training.epochs = 3;
    train.dataset.train_limit = 500;
    Cell cell;
    cell.network = "64/8/4/3";
    cell.sharing = index > 0 ? "sequential " + std::to_string(index + 1) : "none";
    cell.transform = cell.fusion = "none";
    cell.cost = Cost{1000 + index, 2000 + index};
    cell.demand = {title_of(train.dataset), 1000 + index, work_of(Task{train}, cell.cost)};
    cell.unshared_cell = 0;
    plan->cells.push_back(cell);
    for (int seed = 0; seed < seeds; ++seed) {
      train.seed = seed;
      texts.of(train);
      PartJob job;
      job.id = job_id_of(salt + "cell-" + std::to_string(index) + ".s" + std::to_string(seed));
      job.cell = index;
      job.seed = seed;
      if (index > 0) job.inputs = {{InputRole::init, plan->jobs[static_cast<std::size_t>(seed)].id}};
      plan->add(std::move(job), texts.last().parts());
    }
  }
  return plan;
}

core::InsertSweep insert_all(SweepId id, std::shared_ptr<const FirstPart> plan, std::int64_t first_key) {
  core::InsertSweep change;
  change.id = id;
  for (std::size_t i = 0; i < plan->jobs.size(); ++i) {
    const core::JobKey key{first_key + static_cast<std::int64_t>(i)};
    change.jobs.keys.push_back(key);
    // Those of cell 0, which stand first.
    if (!plan->jobs[i].inputs.empty())
      change.jobs.inputs.emplace_back(key,
                                      core::StoredInput{InputRole::init, {first_key + plan->jobs[i].seed}});
    change.jobs.is_new.push_back(true);
  }
  change.plan = std::move(plan);
  change.source = "version: 1\n";
  return change;
}

core::Change set_state(std::int64_t job, JobState state, const std::string& reason) {
  return core::SetJobState{{job}, state, reason, 0, 0, 0};
}

core::Change attach(const std::string& worker) {
  WorkerHello hello;
  hello.name = worker;
  hello.version = "0.1.0";
  hello.host = "host-of-" + worker;
  hello.devices = {{"cpu", 1 << 30}, {"cuda:0", 2 << 20}};
  hello.slots = 2;
  hello.threads = 3;
  hello.labels = {"a100", "big"};
  return core::UpsertWorker{hello};
}

std::unique_ptr<Store> open_store(const std::filesystem::path& path) {
  return value_of(Store::open(path, [](const Error& error) { ADD_FAILURE() << error.message; }));
}

StoredState load(Store& store) {
  StoredState state;
  state.boot_epoch = store.boot_epoch();
  const auto loaded = store.load(state);
  EXPECT_TRUE(loaded.ok()) << loaded.error().message;
  return state;
}

void commit(Store& store, std::vector<core::Change> changes) {
  auto done = std::make_shared<std::promise<void>>();  // the store's alone: broken where it drops it
  auto durable = done->get_future();
  store.commit(std::move(changes), [done = std::move(done)] { done->set_value(); });
  durable.get();
}

void StoreTest::TearDown() {
  store_.reset();
  if (is_damaged_) return;
  EXPECT_EQ(rows_of(path(), "PRAGMA foreign_key_check"), std::vector<std::string>());
}

StoredState StoreTest::reopen() {
  store_.reset();
  store_ = open_store(path());
  return load(*store_);
}

std::vector<ResultRow> results_of(Reader& reader, SweepId sweep) {
  std::vector<ResultRow> rows;
  const Status read = reader.results(sweep, [&rows](const ResultRow& row) {
    rows.push_back(row);
    return true;
  });
  return value_of(read.ok() ? Result<std::vector<ResultRow>>(std::move(rows)) : read.error());
}

}  // namespace spin
