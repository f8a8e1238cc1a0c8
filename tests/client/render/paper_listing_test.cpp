#include "client/render/paper_listing.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spin::render {
namespace {

std::string paper_text(int table, Format format) {
  std::ostringstream out;
  write_table(out, paper_table(published_rows(table)), format, {});
  return out.str();
}

TEST(PaperTable, ShowsWhatThePaperPrints) {
  const auto text = paper_text(1, Format::table);
  EXPECT_NE(text.find("768/32/14/3  -"), std::string::npos) << text;
  EXPECT_NE(text.find("middle pyramid 2"), std::string::npos) << text;
  EXPECT_NE(text.find("72.80"), std::string::npos) << text;  // as printed, not 72.8
  EXPECT_NE(text.find("diverged"), std::string::npos) << text;
  EXPECT_EQ(text.find("transform"), std::string::npos) << text;  // nothing to say in Table 1
  EXPECT_NE(paper_text(4, Format::table).find("576/32/14/3@322"), std::string::npos);
  EXPECT_NE(paper_text(10, Format::table).find("mean (random)"), std::string::npos);
}

TEST(PaperTable, GivesMachinesTheColumnsOfTheView) {
  const auto parsed = nlohmann::json::parse(paper_text(8, Format::json));
  ASSERT_EQ(parsed.size(), 16U);
  EXPECT_EQ(
      parsed[5],
      nlohmann::json::parse(
          R"({"table_number": 8, "row_number": 6, "network": "WS-DeiT-Ti", "family": "deit", "channels": 192, "depth": 12,
        "patch": 16, "kernel": null, "resolution": 224, "distribution": "uniform", "mapping": "sequential",
        "share_rate": 2, "shared_components": "attention+mlp", "transform_group": null, "fusion": "mean",
        "init": "pretrained", "params_m": 3.05, "flops_g": 1.26, "top1": 67.96, "outcome": "completed"})"));
  const auto diverged = nlohmann::json::parse(paper_text(9, Format::json)).at(1);
  EXPECT_TRUE(diverged.at("top1").is_null());
  EXPECT_EQ(diverged.at("outcome"), "diverged");
}

}  // namespace
}  // namespace spin::render
