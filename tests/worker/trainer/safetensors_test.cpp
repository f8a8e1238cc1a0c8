// The file format of checkpoints and models, and its damage.
#include "worker/trainer/safetensors.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/fixtures.h"
#include "worker/trainer/tensor_file.h"

namespace spin {
namespace {

std::string little_endian(std::uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string file_of(const std::string& header, const std::string& data) {
  return little_endian(header.size()) + header + data;
}

std::string sample() {
  return serialise_safetensors(
      {{{"format", "test"}}, {{"a", "F32", {2, 1}, "12345678"}, {"b", "U8", {3}, "xyz"}}});
}

TEST(Safetensors, ReadsBackWhatItWrote) {
  const auto file = sample();
  EXPECT_EQ(file.size() % 8, 3U);  // the data starts at a multiple of 8
  const auto content = parse_safetensors(file, "file");
  ASSERT_TRUE(content.ok()) << content.error().message;
  EXPECT_EQ(content->metadata.at("format"), "test");
  ASSERT_EQ(content->tensors.size(), 2U);
  EXPECT_EQ(content->tensors[0].name, "a");
  EXPECT_EQ(content->tensors[0].shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(content->tensors[1].bytes, "xyz");
}

TEST(Safetensors, ReadsAFileOfTheReferenceLibrary) {
  // safetensors.numpy.save({"x": np.array([1, 2], np.int64)}), byte for byte.
  const auto file = file_of(R"({"x":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}         )",
                            little_endian(1) + little_endian(2));
  const auto content = parse_safetensors(file, "file");
  ASSERT_TRUE(content.ok()) << content.error().message;
  EXPECT_EQ(content->tensors[0].dtype, "I64");
}

TEST(Safetensors, CutAtEveryByteIsRefused) {
  const auto file = sample();
  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto content = parse_safetensors(file.substr(0, size), "file");
    ASSERT_FALSE(content.ok()) << size;
    ASSERT_EQ(content.error().code, ErrorCode::data_loss);
  }
}

TEST(Safetensors, AnyByteOfTheHeaderMayBeWrong) {
  const auto file = sample();
  for (std::size_t i = 0; i < file.size(); ++i)
    for (const int change : {1, 4, 64, 255}) {
      auto damaged = file;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      const auto content = parse_safetensors(damaged, "file");  // read or refused, never a crash
      if (!content.ok()) continue;
      for (const auto& tensor : content->tensors)
        ASSERT_LE(tensor.bytes.data() + tensor.bytes.size(), damaged.data() + damaged.size());
    }
}

struct Damage {
  const char* header;
  const char* message;
};
class SafetensorsHeader : public testing::TestWithParam<Damage> {};

TEST_P(SafetensorsHeader, IsRefusedWithItsReason) {
  const auto content = parse_safetensors(file_of(GetParam().header, "12345678"), "some.file");
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().message.rfind("some.file: ", 0), 0U);
  EXPECT_NE(content.error().message.find(GetParam().message), std::string::npos) << content.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Damage, SafetensorsHeader,
    testing::Values(
        Damage{"[1]", "not a JSON object"}, Damage{"{\"a\":", "not a JSON object"},
        Damage{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}})", "lie outside"},
        Damage{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", "lie outside"},
        Damage{R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "does not fit"},
        Damage{R"({"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})", "unknown dtype 'F99'"},
        Damage{R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "shape is not"},
        Damage{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", "data_offsets is not"},
        Damage{R"({"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,8]}})",
               "does not fit"},
        Damage{R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]}})",
               "does not fit"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "belong to no tensor"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "gap"},
        Damage{
            R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
            "overlaps"},
        Damage{R"({"__metadata__":{"a":1}})", "not a string"}));

TEST(Safetensors, AnnouncedHeaderOfAnySizeIsRefusedWithoutAllocatingIt) {
  for (const auto length : {std::uint64_t{17} << 20, ~std::uint64_t{0}})
    EXPECT_FALSE(parse_safetensors(little_endian(length) + "{}", "file").ok());
}

TEST(TensorFiles, KeepValuesShapesAndTypes) {
  TempFolder folder;
  const auto path = folder / "t.safetensors";
  const auto values = torch::tensor({{1.5F, -2.0F}, {0.0F, 1e-30F}});
  const auto strided = values.t();  // not contiguous
  ASSERT_TRUE(write_tensor_file(path, {{{"k", "v"}},
                                       {{"values", values},
                                        {"strided", strided},
                                        {"bytes", torch::tensor({1, 2}, torch::kByte)},
                                        {"empty", torch::empty({0, 3})}}})
                  .ok());
  const auto file = read_tensor_file(path);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->text("k"), "v");
  EXPECT_TRUE(file->find("values").equal(values));
  EXPECT_TRUE(file->find("strided").equal(strided));
  EXPECT_EQ(file->find("bytes").scalar_type(), torch::kByte);
  EXPECT_EQ(file->find("empty").sizes(), torch::IntArrayRef({0, 3}));
  EXPECT_FALSE(file->find("other").defined());
}

}  // namespace
}  // namespace spin
