// What tells the data of one job from those of another.
#include "schema/data/data_state.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "schema/data/packed_file.h"
#include "tests/support/temp_folder.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A gzip file of one stored block, as RFC 1951 and 1952 have it.
std::string packed(const std::string& bytes, std::uint32_t crc) {
  const auto little = [](std::uint32_t value, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += static_cast<char>(value >> 8 * i & 0xff);
    return text;
  };
  const auto size = static_cast<std::uint32_t>(bytes.size());
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", 11) + little(size, 2) + little(~size, 2) + bytes +
         little(crc, 4) + little(size, 4);
}

class DataStates : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path at(const std::string& name) const { return folder_.path() / name; }
  static DataState state(const std::string& name, const fs::path& root) {
    Dataset dataset;
    dataset.name = name;
    dataset.root = root.string();
    const auto found = data_state(dataset, "");
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found.ok() ? *found : DataState{};
  }
  void make_folder(const std::string& name) const {
    for (const std::string split : {"train", "val"})
      for (const std::string label : {"cat", "dog"})
        for (const std::string image : {"1.jpg", "2.jpg"})
          write(at(name) / split / label / image, label + image);
  }
  void make_mnist(const std::string& name) const {
    for (const std::string file : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                   "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"})
      write(at(name) / file, "123456789");
  }
  TempFolder folder_;
};

TEST_F(DataStates, OfAFolderAreTheSameWhereverItLies) {
  make_folder("a");
  make_folder("else/where");
  const auto before = state("imagefolder", at("a"));
  EXPECT_EQ(before.fingerprint.size(), 32U);
  EXPECT_EQ(before.summary, "4 + 4 images of 2 classes, 64 bytes");
  EXPECT_EQ(state("imagefolder", at("else/where")), before);
  fs::rename(at("a/val"), at("a/test"));
  write(at("a/train/cat/notes.txt"), "no image");
  EXPECT_EQ(state("imagefolder", at("a")), before);
  Dataset elsewhere;
  elsewhere.name = "imagefolder";
  elsewhere.root = "/nowhere/a";
  EXPECT_EQ(data_state(elsewhere, folder_.path()).value(), before) << "as --data finds it";
}

TEST_F(DataStates, OfAFolderTellImagesThatCameWentOrChanged) {
  make_folder("a");
  const auto before = state("imagefolder", at("a")).fingerprint;
  const auto differs_after = [&](auto change) {
    fs::remove_all(at("a"));
    make_folder("a");
    change();
    return state("imagefolder", at("a")).fingerprint != before;
  };
  EXPECT_FALSE(differs_after([] {}));
  EXPECT_TRUE(differs_after([&] { write(at("a/train/cat/1.jpg"), "another size"); }));
  EXPECT_TRUE(differs_after([&] { write(at("a/val/dog/3.jpg"), ""); }));
  EXPECT_TRUE(differs_after([&] { fs::remove(at("a/train/dog/1.jpg")); }));
  EXPECT_TRUE(differs_after([&] { fs::rename(at("a/train/cat/1.jpg"), at("a/train/cat/3.jpg")); }));
  EXPECT_TRUE(differs_after([&] { fs::rename(at("a/train/cat"), at("a/train/cow")); }));
  EXPECT_TRUE(differs_after([&] { fs::rename(at("a/train/cat/1.jpg"), at("a/val/cat/0.jpg")); }));
}

TEST_F(DataStates, OfFilesTellContentsWhetherPackedOrNot) {
  make_mnist("a");
  const auto before = state("mnist", at("a"));
  EXPECT_EQ(before.summary, "4 files of 36 bytes");
  const auto images = at("a/train-images-idx3-ubyte");
  fs::remove(images);
  write(at("a/train-images-idx3-ubyte.gz"), packed("123456789", 0xcbf43926));
  EXPECT_EQ(state("mnist", at("a")), before);
  write(at("a/train-images-idx3-ubyte.gz"), packed("123456780", 0));
  EXPECT_NE(state("mnist", at("a")).fingerprint, before.fingerprint);
  write(images, "123456780");
  EXPECT_NE(state("mnist", at("a")).fingerprint, before.fingerprint) << "of the same size";
  make_mnist("b");
  EXPECT_NE(state("fashion-mnist", at("b")).fingerprint, before.fingerprint) << "another data set";
}

TEST_F(DataStates, ThereAreNoneOfWhatIsNotThereOrMadeByARule) {
  EXPECT_EQ(state("synthetic", ""), DataState{});
  Dataset dataset;
  for (const char* name : {"imagefolder", "mnist", "cifar10"}) {
    dataset.name = name;
    dataset.root = at("nothing").string();
    EXPECT_EQ(data_state(dataset, "").error().code, ErrorCode::not_found) << name;
  }
  make_folder("a");
  dataset = {"imagefolder", at("a").string(), 0, 0, {}};
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(data_state(dataset, "", stop.get_token()).error().code, ErrorCode::failed_precondition);
}

TEST_F(DataStates, AContentIsMarkedByItsSizeAndCrc) {
  // The check value of CRC-32, and a text longer than eight bytes at a time.
  write(at("a"), "123456789");
  EXPECT_EQ(mark_content(at("a")).value(), (ContentMark{9, 0xcbf43926}));
  write(at("b"), std::string(3'000'001, '\0'));
  write(at("c"), std::string(3'000'000, '\0') + '\1');
  EXPECT_NE(mark_content(at("b")).value(), mark_content(at("c")).value());
  write(at("d"), "\x1f\x8b");
  EXPECT_EQ(mark_content(at("d")).error().code, ErrorCode::data_loss);
  EXPECT_EQ(mark_content(at("e")).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace spin
