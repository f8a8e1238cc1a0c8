// Image folders: what is found, and what each kind of wrong folder is called.
#include "worker/trainer/data/image_folder.h"

#include <cerrno>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "schema/data/folder_listing.h"
#include "tests/support/no_descriptors.h"
#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/data/image_writers.h"
#include "worker/trainer/data/crop_view.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

class ImageFolders : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto* path :
         {"train/cat/b.jpg", "train/cat/a.JPEG", "train/dog/c.png", "val/cat/x.jpg", "val/dog/y.jpg"})
      write_image(root() / path, jpeg_bytes(gradient_image(20, 10)));
  }
  fs::path root() const { return folder_ / "data"; }
  Result<ImageFolder> load(int classes = 2) { return list_image_folder("imagefolder", root(), classes); }
  std::string message(int classes = 2) {
    const auto found = load(classes);
    return found.ok() ? "it was listed" : found.error().message;
  }
  static std::string message_of(const fs::path& folder) {
    const auto found = list_image_folder("imagefolder", folder, 2);
    return found.ok() ? "it was listed" : found.error().message;
  }
  TempFolder folder_;
};

TEST_F(ImageFolders, ListsImagesByClassAndName) {
  write_image(root() / "train/cat/notes.txt", "not an image");
  write_image(root() / "train/.cache/z.jpg", "hidden");
  const auto found = load();
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->train->size(), 3);
  EXPECT_EQ(found->train->labels(), (std::vector<std::int64_t>{0, 0, 1}));
  EXPECT_EQ(found->train->name(0), (root() / "train/cat/a.JPEG").string());
  EXPECT_EQ(found->eval->name(1), (root() / "val/dog/y.jpg").string());
  const auto image = found->train->read(2, [](int w, int h) { return whole_view(w, h, 8); });
  ASSERT_TRUE(image.ok());  // a JPEG by its bytes, whatever its name says
  EXPECT_EQ(image->image.width, 20);
}

TEST_F(ImageFolders, OtherNamesOfTheSecondSplit) {
  for (const auto* name : {"validation", "valid", "eval", "test"}) {
    TempFolder other;
    fs::copy(root(), other / "imagefolder", fs::copy_options::recursive);
    fs::rename(other / "imagefolder" / "val", other / "imagefolder" / name);
    const auto found = list_image_folder("imagefolder", other / "imagefolder", 2);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->eval->size(), 2);
  }
}

TEST_F(ImageFolders, ValidJudgesAndTestStaysUnread) {
  fs::copy(root() / "val", root() / "test", fs::copy_options::recursive);
  write_image(root() / "test/cat/more.jpg", jpeg_bytes(gradient_image(9, 9)));
  fs::rename(root() / "val", root() / "valid");
  const auto found = load();
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->eval->folder(), root() / "valid");
  EXPECT_EQ(found->eval->size(), 2);
  EXPECT_EQ(found->notes,
            std::vector<std::string>{(root() / "valid").string() + " judges; " + (root() / "test").string() +
                                     " is there, too, and stays unread"});
}

TEST_F(ImageFolders, SystemFoldersAreNoClassesAndAreNamedOnce) {
  for (const auto* name : {"@eaDir", "lost+found", "__MACOSX", "$Recycle.Bin", "System Volume Information",
                           ".ipynb_checkpoints", "#recycle", ".AppleDouble"}) {
    write_image(root() / "train" / name / "cat.jpg", "thumbnail");
    write_image(root() / "train/cat" / name / "b.jpg/THUMB_M.jpg", "thumbnail");
    fs::create_directories(root() / "val" / name);
  }
  for (const auto* name : {"Thumbs.db", "desktop.ini", "._a.jpg", ".DS_Store"})
    write_image(root() / "train/cat" / name, "not an image");
  const auto found = load();
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->train->size(), 3);
  ASSERT_EQ(found->notes.size(), 2U) << "one for each split";
  EXPECT_EQ(found->notes[0], "passed over in " + (root() / "train").string() +
                                 ": folders that are no classes: #recycle (2), $Recycle.Bin (2), "
                                 ".AppleDouble (2), .ipynb_checkpoints (2), @eaDir (2) and 3 more");
}

TEST_F(ImageFolders, WhatHoldsNoImageIsNoClassToBeCounted) {
  fs::create_directories(root() / "train/notes");
  write_image(root() / "train/notes/todo.txt", "text");
  for (const int classes : {2, 3})
    EXPECT_EQ(message(classes), (root() / "train/notes").string() +
                                    " holds no .jpg, .jpeg or .png file; remove the folder or fill it");
  fs::create_directories(root() / "train/zoo");
  EXPECT_NE(message().find("train/notes holds no .jpg, .jpeg or .png file, nor do 1 more class folders"),
            std::string::npos)
      << message();
  fs::remove_all(root() / "train/cat");
  fs::remove_all(root() / "train/dog");
  EXPECT_EQ(message(), (root() / "train").string() +
                           ": not one of its 2 class folders holds a .jpg, .jpeg or .png file");
}

TEST_F(ImageFolders, OtherFilesAndDeeperFoldersAreNotLeftOutInSilence) {
  write_image(root() / "train/cat/a.webp", "RIFF");
  write_image(root() / "train/dog/b.WEBP", "RIFF");
  write_image(root() / "train/dog/README", "text");
  write_image(root() / "train/dog/2023/c.jpg", jpeg_bytes(gradient_image(9, 9)));
  const auto found = load();
  ASSERT_TRUE(found.ok()) << found.error().message;
  const auto train = "passed over in " + (root() / "train").string();
  EXPECT_EQ(found->notes,
            (std::vector<std::string>{
                train + ": files that are no .jpg, .jpeg or .png by name: .webp (2), no extension (1)",
                train + ": folders within class folders: dog/2023 (1)"}));
}

TEST_F(ImageFolders, WhatIsNoRegularFileIsDamagedAndNeverOpened) {
  for (const auto* name : {"zz.jpg", "zz.png"})
    ASSERT_EQ(mkfifo((root() / "train/dog" / name).c_str(), 0600), 0);
  fs::create_symlink(root() / "train/dog/zz.jpg", root() / "train/dog/zzz.jpg");
  fs::create_symlink("/dev/zero", root() / "train/dog/zzzz.jpg");
  fs::create_symlink("/nowhere/at/all.jpg", root() / "train/dog/zzzzz.jpg");
  fs::create_symlink(root() / "train/cat/b.jpg", root() / "train/dog/zzzzzz.jpg");
  const auto found = load();
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->train->size(), 9);
  std::vector<std::string> reasons;
  for (std::int64_t i = 3; i < 9; ++i) {
    const auto image = found->train->read(i, [](int w, int h) { return whole_view(w, h, 8); });
    reasons.push_back(image.ok() ? "read" : image.error().message);
    if (!image.ok()) {
      EXPECT_TRUE(image.error().code == ErrorCode::data_loss || image.error().code == ErrorCode::not_found);
    }
  }
  EXPECT_EQ(reasons,
            (std::vector<std::string>{
                "a FIFO, where a regular file was expected", "a FIFO, where a regular file was expected",
                "a FIFO, where a regular file was expected", "a device, where a regular file was expected",
                "No such file or directory", "read"}));
}

TEST_F(ImageFolders, AWrongFolderIsToldWhatWouldDo) {
  EXPECT_NE(message_of(folder_.path()).find("; " + root().string() + " would do"), std::string::npos)
      << message_of(folder_.path());
  EXPECT_NE(message_of(root() / "train").find("its parent " + root().string() + " would do"),
            std::string::npos);
  EXPECT_NE(message_of(root() / "train").find("it holds cat, dog"), std::string::npos);
  const auto far = message_of(root() / "no/such/place");
  EXPECT_NE(
      far.find("it does not exist on this host, where " + root().string() + " is what there is of its path"),
      std::string::npos)
      << far;
  write_image(folder_ / "file", "x");
  EXPECT_NE(message_of(folder_ / "file").find("it is no folder"), std::string::npos);
}

TEST_F(ImageFolders, AFolderOfDataSetsMayHoldTheJobsOwn) {
  const auto found = [&](const fs::path& folder, const fs::path& named) {
    return find_image_folder("imagefolder", folder, named).value();
  };
  EXPECT_EQ(found("", root()), root());
  EXPECT_EQ(found(root(), "/elsewhere/photos"), root());
  EXPECT_EQ(found(folder_.path(), "/elsewhere/data"), root());  // as the job's root is called
  EXPECT_EQ(found("/nowhere", root()), root());
  EXPECT_EQ(found("/nowhere", ""), "/nowhere");
  fs::rename(root(), folder_ / "imagefolder");
  EXPECT_EQ(found(folder_.path(), "/elsewhere/photos"), folder_ / "imagefolder");
}

TEST_F(ImageFolders, WhatMayPassIsToldFromWhatIsNotThere) {
  const auto code = [&](std::errc error) { return cannot_read(root(), std::make_error_code(error)).code; };
  for (const auto error : {std::errc::no_such_file_or_directory, std::errc::not_a_directory,
                           std::errc::permission_denied, std::errc::too_many_symbolic_link_levels})
    EXPECT_EQ(code(error), ErrorCode::not_found) << std::make_error_code(error).message();
  for (const auto error : {std::errc::io_error, std::errc::too_many_files_open, std::errc::timed_out,
                           std::errc::not_enough_memory})
    EXPECT_EQ(code(error), ErrorCode::internal) << std::make_error_code(error).message();
  EXPECT_EQ(cannot_read(root(), {ESTALE, std::generic_category()}).code, ErrorCode::internal);
  EXPECT_EQ(type_of(root() / "train/cat/a.JPEG/x").value(), fs::file_type::not_found);
  EXPECT_EQ(type_of(root() / std::string(5000, 'x')).value(), fs::file_type::not_found);
  fs::create_symlink("loop", root() / "loop");
  EXPECT_EQ(type_of(root() / "loop").value(), fs::file_type::not_found);
  EXPECT_TRUE(is_folder(root()).value());
}

TEST_F(ImageFolders, AListingWithoutDescriptorsMayGoWellTheNextTime) {
  const auto found = [&] {
    const NoDescriptors none;
    return load();
  }();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::internal) << found.error().message;
  EXPECT_TRUE(load().ok());
}

TEST_F(ImageFolders, AListingThatNobodyWaitsForEnds) {
  std::stop_source stop;
  stop.request_stop();
  const auto found = list_image_folder("imagefolder", root(), 2, stop.get_token());
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::failed_precondition);
}

TEST_F(ImageFolders, LimitsTakeOneOfEveryClassInTurn) {
  const auto found = load();
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->train->first(2)->labels(), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(found->train->first(0)->size(), 3);
  EXPECT_EQ(found->train->first(100)->size(), 3);
}

TEST_F(ImageFolders, AnotherNumberOfClassesSaysBothNumbersAndWhatWouldDo) {
  EXPECT_EQ(message(1000),
            (root() / "train").string() +
                " holds 2 class folders where dataset.classes is 1000; `dataset.classes: 2` would do");
  const auto imagenet = list_image_folder("imagenet", root(), 1000);
  ASSERT_FALSE(imagenet.ok());
  EXPECT_NE(imagenet.error().message.find("`dataset.name: imagefolder` with `dataset.classes: 2` would do"),
            std::string::npos);
}

TEST_F(ImageFolders, EmptyClassFoldersAreNamed) {
  fs::remove(root() / "val/dog/y.jpg");
  EXPECT_EQ(message(), (root() / "val/dog").string() +
                           " holds no .jpg, .jpeg or .png file; remove the folder or fill it");
}

TEST_F(ImageFolders, BothSplitsMustHaveTheSameClasses) {
  fs::rename(root() / "val/dog", root() / "val/wolf");
  EXPECT_NE(message().find("must hold the same class folders; only one of them has 'dog'"),
            std::string::npos);
}

TEST_F(ImageFolders, MissingFoldersSayWhatIsExpected) {
  fs::remove_all(root() / "val");
  EXPECT_NE(message().find("has no folder val, validation, valid, eval or test: it holds train; expected "
                           "FOLDER/train/CLASS/*.jpg"),
            std::string::npos)
      << message();
  fs::remove_all(root() / "train");
  EXPECT_NE(message().find("has no folder train"), std::string::npos);
  fs::create_directories(root() / "train");
  fs::create_directories(root() / "val");
  EXPECT_NE(message().find("holds no class folders"), std::string::npos);
  const auto unnamed = list_image_folder("imagenet", "", 1000);
  ASSERT_FALSE(unnamed.ok());
  EXPECT_NE(unnamed.error().message.find("no folder was named"), std::string::npos);
}

TEST_F(ImageFolders, UnreadableFilesGiveTheReason) {
  const auto found = load();
  ASSERT_TRUE(found.ok());
  const auto reason = [&](std::int64_t index) {
    const auto image = found->train->read(index, [](int w, int h) { return whole_view(w, h, 8); });
    return image.ok() ? "it was read" : image.error().message;
  };
  fs::remove(root() / "train/cat/a.JPEG");
  EXPECT_EQ(reason(0), "No such file or directory");
  fs::create_directory(root() / "train/cat/a.JPEG");  // a file that even root cannot read
  EXPECT_EQ(reason(0), "a folder, where a regular file was expected");
  write_image(root() / "train/cat/b.jpg", "plain text");
  EXPECT_EQ(reason(1), "neither a JPEG nor a PNG file");
}

TEST_F(ImageFolders, TheFingerprintSeesFilesComeAndGo) {
  const auto before = disk_state(root());
  EXPECT_EQ(before, disk_state(root()));
  // A moment in the past, so that the clock's grain does not matter.
  fs::last_write_time(root() / "train/cat",
                      fs::last_write_time(root() / "train/cat") - std::chrono::seconds(5));
  EXPECT_NE(before, disk_state(root()));
}

}  // namespace
}  // namespace spin
