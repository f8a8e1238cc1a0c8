#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "schema/design/memory.h"
#include "tests/schema/sweep/sweep_text.h"
#include "tests/support/places.h"

namespace spin {
namespace {

using nlohmann::json;

const std::string kSweep = small_sweep(
    "sharing: {mapping: sequential, rate: 2}\n"
    "axes: {fusion.strategy: [none, mean]}\n"
    "exclude: [{fusion.strategy: none}]\n");

json json_of(const SweepPlan& plan) {
  std::ostringstream out;
  write_plan_json(plan, out);
  return json::parse(out.str());
}

TEST(PlanJson, HoldsWhatTheContractSays) {
  const auto plan = good_plan(kSweep);
  const auto out = json_of(plan);
  EXPECT_EQ(out.at("sweep"), "small");
  EXPECT_EQ(out.at("totals"),
            (json{{"jobs", 2}, {"cells", 2}, {"left_out_by_exclude", 1}, {"left_out_by_limits", 0}}));
  const auto& job = out.at("jobs").at(1);
  EXPECT_EQ(job.at("name"), "convmixer-64-8-4-3.sequential-2.mean.s0");
  EXPECT_EQ(job.at("hash"), plan.jobs[1].id.hex());
  EXPECT_EQ(job.at("seed"), 0);
  EXPECT_EQ(job.at("params"), 25'930);
  EXPECT_TRUE(job.at("flops").is_number_integer());
  EXPECT_EQ(job.at("flops"), 1'988'864);
  EXPECT_EQ(job.at("groups"), (json{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(job.at("depends_on"), json::array({plan.jobs[0].id.hex()}));
  EXPECT_EQ(job.at("config"), config_to_json(train_of(plan.jobs[1])));
  EXPECT_EQ(job.at("trained_params"), 42'314);
  EXPECT_EQ(job.at("activation_bytes"), training_memory(train_of(plan.jobs[1])).activations);
  EXPECT_EQ(job.at("training_bytes"), training_memory(train_of(plan.jobs[1])).total());
  EXPECT_EQ(job.at("checkpoint_bytes"), checkpoint_bytes(train_of(plan.jobs[1])));
  EXPECT_TRUE(job.at("baseline").is_null());
  EXPECT_EQ(job.at("root"), "");
  EXPECT_EQ(job.size(), 14U);
}

TEST(PlanJson, ANoteThatIsCutIsStillText) {
  // The cut of the value falls into a letter of two bytes, wherever in it the letter begins.
  for (const std::string before : {"/a", "/ab"}) {
    std::string umlauts;
    for (int i = 0; i < 40; ++i) umlauts += "\u00e9";
    const auto notes = json_of(good_plan("version: 1\nname: twice\ndataset: {name: imagefolder, classes: 3}\n"
                                         "network: {channels: 64, depth: 8, patch: 4, kernel: 3}\n"
                                         "axes: {dataset.root: [" +
                                         before + umlauts + ", " + before + umlauts + "/]}\n"))
                           .at("notes");
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_NE(notes[0].get<std::string>().find("\u00e9..."), std::string::npos) << notes[0];
  }
}

TEST(PlanJson, ConfigurationsReadBack) {
  for (const auto& job : good_plan(kSweep).jobs) {
    const auto read = config_from_json(config_to_json(train_of(job)));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, train_of(job));
    EXPECT_EQ(job_id(*read), job.id);
  }
}

TEST(PlanJson, LinesAreTheJobsOneByOne) {
  for (const auto& text :
       {kSweep, small_sweep("exclude: [{network.depth: 8}]\n"),
        small_sweep("axes: {sharing.rate: [1, 2, 4], fusion.strategy: [none, mean]}\nseeds: [3, 1]\n"
                    "exclude: [{sharing.rate: 1, fusion.strategy: mean}]\n"
                    "baselines: {unshared: true, scaling: [depth, channels]}\n")}) {
    json jobs = json::array();
    const auto totals =
        visit_jobs("s.yaml", text, {}, [&](const auto& job, const auto& cell, const auto& config) {
          jobs.push_back(json::parse(job_to_json(job, cell, config.text)));
          return Status();
        });
    ASSERT_TRUE(totals.ok());
    const auto whole = json_of(good_plan(text));
    EXPECT_EQ(jobs, whole.at("jobs"));
    EXPECT_EQ(totals->jobs, whole.at("totals").at("jobs"));
    EXPECT_EQ(totals->cells, whole.at("totals").at("cells"));
  }
}

std::string shipped(const std::string& name) {
  std::ifstream file(source_file("deploy/sweeps/" + name));
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PlanJson, ShippedSweepsHoldWhatTheyPromise) {
  for (const char* name : {"fashion-mnist.yaml", "fashion-mnist-long.yaml"}) {
    SCOPED_TRACE(name);
    const auto plan = good_plan(shipped(name));
    EXPECT_EQ(job_names(plan),
              (std::vector<std::string>{
                  "convmixer-64-8-4-3.s0", "convmixer-64-8-4-3.sequential-2.s0",
                  "convmixer-64-8-4-3.sequential-4.s0", "convmixer-64-8-4-3.strided-2.s0",
                  "convmixer-64-8-4-3.strided-4.s0", "convmixer-64-8-4-3.sequential-2.mean.s0",
                  "convmixer-64-8-4-3.sequential-2.channel_weighted_mean.s0", "convmixer-64-4-4-3.s0"}));
    for (const std::size_t fused : {5UL, 6UL})
      EXPECT_EQ(plan.jobs.at(fused).inputs, (std::vector<JobInput>{{InputRole::init, plan.jobs.at(0).id}}));
  }
  const auto mixer = good_plan(shipped("mlp-mixer.yaml"));
  EXPECT_EQ(mixer.jobs.size(), 10U);
  EXPECT_EQ(job_names(mixer).back(),
            "mlp_mixer-64-8.sequential-2.channel_weighted_mean.components-token_mixing-mlp.s0");
}

}  // namespace
}  // namespace spin
