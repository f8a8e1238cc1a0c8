#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "server/store/query.h"
#include "tests/server/store/fixture.h"
#include "tests/support/paper_row.h"
#include "tests/support/paper_sweep.h"

// The view `published`, as queries see it, over sweeps that are planned from their files and stored.

namespace spin {
namespace {

using Text = std::string;

/// Sweep, cell, table and row.
using Match = std::tuple<Text, std::int64_t, int, int>;
using Matches = std::set<Match>;

struct Rows : QueryVisitor {
  void columns(std::vector<std::string> /*names*/) override {}
  bool row(QueryRow row) override {
    rows.push_back(std::move(row));
    return true;
  }
  bool go_on() override { return true; }
  std::vector<QueryRow> rows;
};

/// Of one row of the paper's, and of how it is trained.
bool is_published(const Train& config, const PublishedRow& row) {
  const bool whole = config.dataset.train_limit == 0 && config.dataset.eval_limit == 0;
  return config.dataset.name == "imagenet" && whole && config.training.label_noise == 0 &&
         is_row(config, row);
}

class PublishedTest : public StoreTest {
 protected:
  /// Plans and stores it; a job that an earlier one has is stored once.
  SweepPlan add(const std::string& text, const std::vector<std::string>& sets = {}) {
    std::vector<Override> overrides;
    for (const auto& set : sets) overrides.push_back(value_of(parse_override(set)));
    auto planned = value_of(plan_sweep("s.yaml", text, overrides));
    auto part = std::make_shared<FirstPart>();
    static_cast<PlanHeader&>(*part) = planned;
    part->cells = planned.cells;
    core::InsertSweep change;
    ConfigText texts;
    for (const auto& job : planned.jobs) {
      texts.of(job.task);
      part->add({.id = job.id, .cell = job.cell, .seed = seed_of(job.task), .inputs = job.inputs},
                texts.last().parts());
      const auto [known, is_new] =
          keys_.try_emplace(job.id.hex(), static_cast<std::int64_t>(keys_.size()) + 1);
      change.jobs.keys.push_back({known->second});
      change.jobs.is_new.push_back(is_new);
      if (!is_new) continue;
      for (const auto& input : job.inputs)
        change.jobs.inputs.push_back({{known->second}, {input.role, {keys_.at(input.job.hex())}}});
    }
    change.id = SweepId{++sweeps_};
    change.plan = std::move(part);
    commit(*store_, {change});
    return planned;
  }
  /// What the configurations of its jobs are, by the values of the paper's rows.
  static Matches expected(const SweepPlan& plan) {
    Matches matches;
    for (const auto& job : plan.jobs)
      for (const auto& row : published_rows())
        if (is_published(train_of(job), row)) matches.insert({plan.name, job.cell, row.table, row.number});
    return matches;
  }
  std::vector<QueryRow> ask(const std::string& sql) {
    Rows rows;
    const auto status = run_query(path(), sql, {}, rows);
    EXPECT_TRUE(status.ok()) << status.error().message;
    return rows.rows;
  }
  Matches found(const std::string& sweep) {
    Matches matches;
    for (const auto& row : ask("SELECT cell, table_number, row_number FROM published WHERE sweep = '" +
                               sweep + "' AND newest")) {
      const auto whole = [&row](std::size_t column) { return std::get<std::int64_t>(row.at(column)); };
      const bool is_new =
          matches.insert({sweep, whole(0), static_cast<int>(whole(1)), static_cast<int>(whole(2))}).second;
      EXPECT_TRUE(is_new) << sweep << " cell " << whole(0) << " is twice in Table " << whole(1);
    }
    return matches;
  }
  std::string text(const std::string& sql) {
    const auto rows = ask(sql);
    return rows.size() == 1 ? std::get<std::string>(rows.front().at(0))
                            : std::to_string(rows.size()) + " rows";
  }

  std::map<std::string, std::int64_t> keys_;
  std::int64_t sweeps_ = 0;
};

std::size_t count_of(const Matches& matches, int table) {
  return static_cast<std::size_t>(std::count_if(
      matches.begin(), matches.end(), [table](const auto& match) { return std::get<2>(match) == table; }));
}

TEST_F(PublishedTest, EveryRowOfATableIsOneCellOfItsSweepAndNoOtherCellIsARow) {
  for (int table = 1; table <= 10; ++table) {
    const auto plan = add(paper_sweep_text("table-" + std::to_string(table)));
    const auto matches = found(plan.name);
    EXPECT_EQ(matches, expected(plan)) << plan.name;
    EXPECT_EQ(count_of(matches, table), published_rows(table).size()) << plan.name;
    std::set<int> rows;
    for (const auto& match : matches)
      if (std::get<2>(match) == table) rows.insert(std::get<3>(match));
    EXPECT_EQ(rows.size(), published_rows(table).size()) << "each row once";
  }
  EXPECT_EQ(count_of(found("paper-table-7"), 6), 3U) << "which repeats rows of others";
  const auto otherwise = ask("SELECT DISTINCT otherwise FROM published");
  EXPECT_EQ(otherwise, (std::vector<QueryRow>{{Text()}})) << "all are trained as their sweeps say";
}

TEST_F(PublishedTest, LabelsWithNoiseAreNoRow) {
  const auto plan = add(paper_sweep_text("figure-6"));
  const auto matches = found(plan.name);
  EXPECT_EQ(matches, expected(plan));
  std::set<std::int64_t> cells;
  for (const auto& match : matches) cells.insert(std::get<1>(match));
  EXPECT_EQ(cells.size(), 2U) << "the two without noise, of ten";
}

TEST_F(PublishedTest, WhatIsAnotherExperimentIsNoRow) {
  const auto table_1 = paper_sweep_text("table-1");
  const auto deit = paper_sweep_text("table-8");
  for (const auto& [text, sets] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {table_1, small_run_sets(table_1)},
           {table_1, {"dataset.train_limit=1000"}},
           {table_1, {"dataset.eval_limit=1000"}},
           {table_1, {"dataset={name: imagefolder, root: /data, classes: 1000, resolution: 224}"}},
           {table_1, {"network.resolution=322"}},
           {table_1, {"network.kernel=5"}},
           {table_1, {"network.patch=16"}},
           {table_1, {"sharing.rate=4", "cells=[{sharing: {mapping: random, seed: 5}}, {sharing.rate: 3}]"}},
           {deit, {"network.mlp_ratio=2"}},
           {deit, {"network.heads=1"}},
           {deit, {"network.patch=8"}},
           {deit, {"network.family=mlp_mixer", "cells=[{sharing.mapping: none}]"}}}) {
    const auto plan = add(text, sets);
    EXPECT_EQ(found(plan.name), Matches()) << sets.front();
  }
  const auto parts =
      add(paper_sweep_text("table-9"), {"axes.sharing.components=[[depthwise], [pointwise, bn]]"});
  EXPECT_EQ(found(parts.name), expected(parts));
  EXPECT_EQ(count_of(found(parts.name), 9), 1U) << "the unshared network alone";
}

TEST_F(PublishedTest, WhatIsTrainedOtherwiseSaysInWhat) {
  const auto table_1 = paper_sweep_text("table-1");
  const auto otherwise = [this](const std::string& sweep, int table) {
    return text("SELECT DISTINCT otherwise FROM published WHERE newest AND sweep = '" + sweep +
                "' AND table_number = " + std::to_string(table));
  };
  const auto plan = add(table_1, {"name=short", "training.epochs=90", "training.lr=0.02"});
  EXPECT_EQ(found("short"), expected(plan)) << "it is the network of the row all the same";
  EXPECT_EQ(otherwise("short", 1), "epochs=90 lr=0.02");
  add(table_1, {"name=gelu", "network.activation=gelu", "network.pointwise_residual=false",
                "training.randaugment.magnitude=5"});
  EXPECT_EQ(otherwise("gelu", 1), "activation=gelu pointwise_residual=false randaugment.magnitude=5");
  add(paper_sweep_text("table-6"), {"name=no-ema", "training.ema=0"});
  EXPECT_EQ(otherwise("no-ema", 6), "ema=default");
  add(paper_sweep_text("table-5"),
      {"name=long", "cells=[{network: {channels: 1536, depth: 20, patch: 7, kernel: 3}}]"});
  EXPECT_EQ(otherwise("long", 5), "epochs=300") << "the paper trains this one for 150";
  add(paper_sweep_text("table-6"), {"name=other-start", "pretrain={epochs: 60}", "training.lr=0.002"});
  EXPECT_EQ(ask("SELECT DISTINCT row_number < 3, otherwise FROM published WHERE sweep = 'other-start' ORDER "
                "BY 1, 2"),
            (std::vector<QueryRow>{{std::int64_t{0}, Text("lr=0.002 pretrain.epochs=60")},
                                   {std::int64_t{1}, Text("epochs=60 lr=0.002")},
                                   {std::int64_t{1}, Text("lr=0.002")}}));
}

TEST_F(PublishedTest, TellsOfItsSweepAndHowFarItIs) {
  const auto table_2 = paper_sweep_text("table-2");
  add(table_2, {"seeds=[0, 1]"});
  add(table_2);
  EXPECT_EQ(ask("SELECT sweep_id, newest, count(*) FROM published GROUP BY sweep_id"),
            (std::vector<QueryRow>{{std::int64_t{1}, std::int64_t{0}, std::int64_t{4}},
                                   {std::int64_t{2}, std::int64_t{1}, std::int64_t{4}}}));
  EXPECT_EQ(ask("SELECT params_m, flops_g, top1, outcome FROM published WHERE newest AND row_number = 2"),
            (std::vector<QueryRow>{{11.2, 5.17, 73.2, Text("completed")}}));
  const auto state = [this](int row) {
    return text("SELECT state FROM published WHERE sweep_id = 1 AND row_number = " + std::to_string(row));
  };
  // Jobs 1 and 2 are the two seeds of row 1, and so on.
  const auto result = [](std::int64_t job, Outcome outcome) {
    return core::InsertResult{{job}, {1, 1}, {outcome, {{Metric::top1, 70}}}};
  };
  EXPECT_EQ(state(1), "queued");
  commit(*store_, {attach("w"), result(1, Outcome::completed), result(3, Outcome::diverged),
                   result(4, Outcome::diverged), result(5, Outcome::completed), result(6, Outcome::diverged),
                   set_state(7, JobState::running), set_state(8, JobState::failed)});
  EXPECT_EQ(state(1), "queued") << "its second seed";
  EXPECT_EQ(state(2), "diverged");
  EXPECT_EQ(state(3), "completed") << "one of its seeds is";
  EXPECT_EQ(state(4), "failed") << "somebody has to act, though the other runs";
  commit(*store_, {set_state(2, JobState::running), set_state(8, JobState::paused)});
  EXPECT_EQ(state(1), "running");
  EXPECT_EQ(state(4), "paused");
  commit(*store_, {set_state(2, JobState::blocked), set_state(8, JobState::cancelled)});
  EXPECT_EQ(state(1), "blocked");
  EXPECT_EQ(state(4), "cancelled");
}

TEST_F(PublishedTest, SeeksTheJobsOfItsCells) {
  add(paper_sweep_text("table-2"));
  std::string plan;
  for (const auto& row : ask("EXPLAIN QUERY PLAN SELECT * FROM published WHERE sweep_id = 1"))
    plan += std::get<std::string>(row.at(3)) + "\n";
  EXPECT_NE(plan.find("SEARCH c USING PRIMARY KEY (sweep=?)"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("SCAN j\n"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("SCAN g\n"), std::string::npos) << plan;
}

}  // namespace
}  // namespace spin
