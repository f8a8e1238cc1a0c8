// Packed files: what gunzip reads is read, by content and not by name.
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/data/image_writers.h"
#include "worker/trainer/data/gzip_file.h"
#include "worker/trainer/data/idx.h"

namespace spin {
namespace {

std::string packed(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

class Gzip : public ::testing::Test {
 protected:
  std::string read(const std::string& bytes, const std::string& name = "file.gz") {
    write_image(folder_ / name, bytes);
    const auto text = read_maybe_gzip(folder_ / name);
    return text.ok() ? *text : "error: " + text.error().message;
  }
  TempFolder folder_;
};

TEST_F(Gzip, MembersBelongTogetherAndZerosBehindThemDoNotMatter) {
  const std::string large(300'000, 'x');
  EXPECT_EQ(read(packed("one ") + packed("") + packed("two")), "one two");
  EXPECT_EQ(read(packed(large) + packed(large)), large + large);
  EXPECT_EQ(read(packed("one") + std::string(117, '\0')), "one");
  EXPECT_EQ(read(packed("one") + packed("two") + std::string(512, '\0')), "onetwo");
}

TEST_F(Gzip, AnythingElseBehindTheEndIsNamed) {
  EXPECT_NE(read(packed("one") + "xyz").find("3 bytes follow the end of the gzip data"), std::string::npos);
  EXPECT_NE(read(packed("one") + std::string(9, '\0') + "x").find("10 bytes follow"), std::string::npos);
  EXPECT_NE(read(packed("one") + std::string(9, '\0') + packed("two")).find("bytes follow"),
            std::string::npos)
      << "gunzip ignores what stands behind zeros; to lose it is not for us to decide";
}

TEST_F(Gzip, AMemberThatIsCutIsTruncatedAtEveryByte) {
  const auto first = packed("one");
  const auto both = first + packed("two");
  for (std::size_t size = first.size() + 2; size < both.size(); ++size)
    ASSERT_NE(read(both.substr(0, size)).find("truncated"), std::string::npos) << size;
  EXPECT_EQ(read(both.substr(0, first.size())), "one") << "a whole file, whose length its header tells";
}

TEST_F(Gzip, ContentDecidesWhetherAFileIsPacked) {
  EXPECT_EQ(read(packed("text"), "train-images-idx3-ubyte"), "text");
  EXPECT_EQ(read("plain", "unpacked-on-the-way.gz"), "plain");
}

TEST_F(Gzip, WhatIsNoRegularFileIsNotOpened) {
  EXPECT_FALSE(read_maybe_gzip("/dev/zero").ok());
  EXPECT_FALSE(read_idx("/dev/zero", 3).ok());
}

}  // namespace
}  // namespace spin
