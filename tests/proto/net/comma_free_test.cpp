#include "proto/net/comma_free.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/no_descriptors.h"
#include "tests/support/temp_folder.h"

namespace spin::net {
namespace {

TEST(CommaFree, HealsAfterAShortageOfDescriptors) {
  const TempFolder folder;
  const auto path = folder / "a,b";
  {
    const NoDescriptors none;
    (void)comma_free(path);
  }
  std::ofstream(path) << "here";
  const auto name = comma_free(path);
  EXPECT_EQ(name.find(','), std::string::npos);
  EXPECT_TRUE(std::filesystem::equivalent(name, path)) << name;
}

}  // namespace
}  // namespace spin::net
