#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "schema/design/cost.h"
#include "schema/design/names.h"
#include "schema/design/scaling.h"
#include "tests/support/places.h"

namespace spin {
namespace {

using Row = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(field);
  return fields;
}

/// Every row of the paper's tables, as published.
std::vector<Row> published() {
  std::ifstream file(source_file("schema/paper/published.csv"));
  std::string line;
  std::getline(file, line);
  const auto keys = split(line, ',');
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const auto values = split(line, ',');
    EXPECT_EQ(values.size(), keys.size()) << line;
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < keys.size(); ++i) row[keys[i]] = values.at(i);
  }
  return rows;
}

int whole(const std::string& text) { return text.empty() ? 0 : std::stoi(text); }

template <class E>
E named(const std::string& name) {
  const auto value = enum_from_name<E>(name);
  EXPECT_TRUE(value.ok()) << name;
  return value.ok() ? *value : E{};
}

Network network_of(const Row& row) {
  Network network;
  network.family = named<Family>(row.at("family"));
  network.channels = whole(row.at("channels"));
  network.depth = whole(row.at("depth"));
  network.patch = whole(row.at("patch"));
  network.kernel = whole(row.at("kernel"));
  network.resolution = whole(row.at("resolution"));
  if (network.family == Family::deit) network.heads = network.channels / 64;
  return network;
}

Train config_of(const Row& row) {
  Train config;
  config.dataset.name = "imagenet";
  config.dataset.facts = dataset_facts("imagenet").value();
  config.network = network_of(row);
  SharingRequest request;
  request.mapping = named<Mapping>(row.at("mapping"));
  if (row.at("distribution") != "none") request.distribution = named<Distribution>(row.at("distribution"));
  request.rate = whole(row.at("share_rate"));
  config.topology = build_topology(request, config.network.depth).value();
  for (const auto& component : split(row.at("shared_components"), '+'))
    config.components.add(named<Component>(component));
  if (!row.at("transform_group").empty())
    config.transform = {TransformKind::affine, whole(row.at("transform_group"))};
  config.fusion = {named<FusionStrategy>(row.at("fusion")), named<FusionInit>(row.at("init"))};
  EXPECT_TRUE(validate(config).ok());
  return canonical(config);
}

/// Half a unit of the last digit that the paper prints, and as much again: some of its rows are cut, not
/// rounded.
double printed_precision(const std::string& printed) {
  const auto point = printed.find('.');
  const auto digits = point == std::string::npos ? 0 : printed.size() - point - 1;
  return std::pow(10, -static_cast<double>(digits));
}

std::string text_of(const Row& row) {
  std::string text;
  for (const auto& [key, value] : row) (text += key + "=") += value + " ";
  return text;
}

TEST(PaperTables, EveryRowsParametersAndFlopsAreAsPublished) {
  const auto rows = published();
  ASSERT_EQ(rows.size(), 68U);
  for (const auto& row : rows) {
    SCOPED_TRACE(text_of(row));
    const auto cost = cost_of(config_of(row));
    const auto& params = row.at("params_m");
    const auto& flops = row.at("flops_g");
    const int group = whole(row.at("transform_group"));
    const double tolerance = group >= 16 ? 0.005 * std::stod(params) : printed_precision(params);
    const double flops_tolerance = group >= 16 ? 0.005 * std::stod(flops) : printed_precision(flops);
    EXPECT_LE(std::abs(static_cast<double>(cost.params) / 1e6 - std::stod(params)), tolerance);
    EXPECT_LE(std::abs(static_cast<double>(cost.flops) / 1e9 - std::stod(flops)), flops_tolerance);
  }
}

TEST(PaperTables, TheScalingRuleGivesThePlainRowsOfTable4) {
  std::vector<Row> plain;
  std::vector<Row> shared;
  for (const auto& row : published())
    if (row.at("table") == "4") (row.at("mapping") == "none" ? plain : shared).push_back(row);
  ASSERT_EQ(plain.size(), 6U);
  ASSERT_EQ(shared.size(), 3U);
  for (std::size_t i = 0; i < shared.size(); ++i) {
    SCOPED_TRACE(text_of(shared[i]));
    const auto config = config_of(shared[i]);
    EXPECT_EQ(scaling_baseline(config, Scaling::channels, Match::paper).network, network_of(plain[2 * i]));
    EXPECT_EQ(scaling_baseline(config, Scaling::depth, Match::paper).network, network_of(plain[2 * i + 1]));
  }
}

}  // namespace
}  // namespace spin
