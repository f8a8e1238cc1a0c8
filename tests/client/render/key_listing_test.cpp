#include "client/render/key_listing.h"

#include <sstream>

#include <gtest/gtest.h>

namespace spin::render {
namespace {

std::string listing(std::size_t width) {
  std::ostringstream out;
  write_keys(out,
             {{"training.schedule", "one_cycle | cosine", "", "one_cycle", "course of the learning rate",
               "Smith and Topin"},
              {"training.lr", "number", "above 0, to 1000", "0.01", "peak learning rate", ""}},
             {.width = width});
  return out.str();
}

TEST(KeyListing, HasAllThatIsKnownOfAKey) {
  EXPECT_EQ(listing(0),
            "training.schedule  one_cycle | cosine; default: one_cycle\n"
            "    course of the learning rate (Smith and Topin)\n"
            "training.lr  number, above 0, to 1000; default: 0.01\n"
            "    peak learning rate\n");
}

TEST(KeyListing, WrapsBetweenWordsAndCutsNothing) {
  EXPECT_EQ(listing(32),
            "training.schedule  one_cycle |\n"
            "    cosine; default: one_cycle\n"
            "    course of the learning rate\n"
            "    (Smith and Topin)\n"
            "training.lr  number, above 0, to\n"
            "    1000; default: 0.01\n"
            "    peak learning rate\n");
}

}  // namespace
}  // namespace spin::render
