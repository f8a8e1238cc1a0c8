#include "client/render/plan_listing.h"

#include <gtest/gtest.h>

namespace spin::render {
namespace {

TEST(PlanListing, EachColumnThatPeopleSeeHasATitle) {
  for (const auto& column : plan_table(SweepPlan{}).columns)
    EXPECT_TRUE(column.audience == Audience::machines || !column.title.empty())
        << column.key << ": a narrow terminal names what it leaves out";
}

}  // namespace
}  // namespace spin::render
