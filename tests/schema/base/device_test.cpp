#include "schema/base/device.h"

#include <gtest/gtest.h>

namespace spin {
namespace {

TEST(Device, ComesBackAsItWasWritten) {
  for (const char* text : {"cpu", "cuda:0", "cuda:7", "cuda:10", "cuda:999"}) {
    const auto device = parse_device(text);
    ASSERT_TRUE(device.ok()) << device.error().message;
    EXPECT_EQ(to_string(*device), text);
  }
  EXPECT_EQ(*parse_device("cpu"), Device{});
  EXPECT_EQ(*parse_device("cuda:12"), (Device{Device::Kind::cuda, 12}));
}

TEST(Device, AnythingElseIsRefusedWithWhatIsAccepted) {
  for (const std::string text :
       {"", "gpu", "CPU", "cpu:0", "cuda", "cuda:", "cuda:x", "cuda:-1", "cuda:+1", "cuda: 1", "cuda:1 ",
        "cuda:00", "cuda:01", "cuda:1000", "cuda:99999999999", "cuda:0,cuda:1"}) {
    const auto device = parse_device(text);
    ASSERT_FALSE(device.ok()) << text;
    EXPECT_EQ(device.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(device.error().message, "'" + text + "' is neither cpu nor cuda:K, as in cuda:0");
  }
}

TEST(Devices, KeepTheirOrder) {
  EXPECT_EQ(*parse_devices("cpu"), std::vector<Device>{Device{}});
  EXPECT_EQ(*parse_devices("cuda:2,cuda:0,cpu"),
            (std::vector<Device>{{Device::Kind::cuda, 2}, {Device::Kind::cuda, 0}, Device{}}));
}

TEST(Devices, AGapAndADeviceThatStandsThereTwiceAreRefused) {
  for (const char* text : {"", ",", "cuda:0,", ",cuda:0", "cuda:0,,cuda:1"})
    EXPECT_EQ(parse_devices(text).error().message, "'' is neither cpu nor cuda:K, as in cuda:0") << text;
  EXPECT_EQ(parse_devices("cuda:0,gpu").error().message, "'gpu' is neither cpu nor cuda:K, as in cuda:0");
  EXPECT_EQ(parse_devices("cuda:0,cuda:1,cuda:0").error().message,
            "'cuda:0,cuda:1,cuda:0' names cuda:0 twice");
}

TEST(Devices, AllGpusStandInThePlaceOfAList) {
  for (const char* text : {"cuda:all", "cpu", "cuda:1,cuda:0"})
    EXPECT_TRUE(check_device_list(text).ok()) << text;
  EXPECT_EQ(check_device_list("cpu,cuda:all").error().message,
            "'cuda:all' is neither cpu nor cuda:K, as in cuda:0; a list of cpu and cuda:K, as in "
            "cuda:0,cuda:1, or cuda:all alone is accepted");
}

}  // namespace
}  // namespace spin
