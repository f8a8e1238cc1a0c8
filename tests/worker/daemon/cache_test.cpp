#include <atomic>
#include <cerrno>
#include <fstream>

#include <dirent.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include "schema/base/file.h"
#include "schema/base/sha256.h"
#include "tests/support/temp_folder.h"
#include "worker/daemon/artifact_cache.h"
#include "worker/daemon/lines.h"

namespace {

std::atomic<bool> folders_cannot_be_read{false};

}  // namespace

/// Takes the place of the C library's in this program.
extern "C" dirent* readdir(DIR* folder) {
  static const auto usual = reinterpret_cast<dirent* (*)(DIR*)>(::dlsym(RTLD_NEXT, "readdir"));
  if (!folders_cannot_be_read) return usual(folder);
  errno = EIO;
  return nullptr;
}

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;

struct Cache {
  explicit Cache(std::int64_t limit_bytes) {
    auto opened = ArtifactCache::open(folder / "cache", limit_bytes);
    EXPECT_TRUE(opened.ok());
    cache = std::move(opened).value();
  }
  ArtifactId put(const std::string& bytes) {
    std::ofstream(folder / "file", std::ios::binary) << bytes;
    const ArtifactId id{sha256(bytes)};
    EXPECT_TRUE(cache->put(id, folder / "file").ok());
    fs::remove(folder / "file");
    return id;
  }
  bool has(const ArtifactId& id) { return cache->take(id, folder / "taken").ok(); }
  void age(const ArtifactId& id, int hours) {
    fs::last_write_time(folder / "cache" / id.hex(),
                        fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }
  TempFolder folder;
  std::unique_ptr<ArtifactCache> cache;
};

TEST(ArtifactCache, GivesBackWhatItWasGiven) {
  Cache cache(1000);
  const auto id = cache.put("hello");
  ASSERT_TRUE(cache.has(id));
  EXPECT_EQ(*read_file(cache.folder / "taken", 100), "hello");
  EXPECT_FALSE(cache.has({sha256("another")}));
}

TEST(ArtifactCache, AFolderThatCannotBeReadIsNoReasonToThrow) {
  Cache cache(1000);
  folders_cannot_be_read = true;
  const auto id = cache.put("hello");
  EXPECT_FALSE(ArtifactCache::open(cache.folder / "cache", 1000).ok());
  folders_cannot_be_read = false;
  EXPECT_TRUE(cache.has(id));
}

TEST(ArtifactCache, TheLeastRecentlyUsedGoesFirst) {
  Cache cache(20);
  const auto old = cache.put("0123456789");
  const auto used = cache.put("abcdefghij");
  cache.age(old, 1);
  cache.age(used, 2);
  ASSERT_TRUE(cache.has(used)) << "and is the newest by that";
  const auto fresh = cache.put("ABCDEFGHIJ");
  EXPECT_FALSE(cache.has(old));
  EXPECT_TRUE(cache.has(used));
  EXPECT_TRUE(cache.has(fresh));
}

TEST(ArtifactCache, WhatAJobHasTakenOutlivesItsEviction) {
  Cache cache(10);
  const auto first = cache.put("0123456789");
  ASSERT_TRUE(cache.has(first));
  cache.put("abcdefghij");
  EXPECT_EQ(*read_file(cache.folder / "taken", 100), "0123456789");
}

TEST(ArtifactCache, WrongBytesAreThrownAway) {
  Cache cache(1000);
  const auto id = cache.put("hello");
  std::ofstream(cache.folder / "cache" / id.hex(), std::ios::binary) << "jello";
  EXPECT_FALSE(cache.has(id));
  EXPECT_FALSE(fs::exists(cache.folder / "cache" / id.hex()));
  EXPECT_FALSE(fs::exists(cache.folder / "taken"));
}

TEST(ArtifactCache, UnfinishedDownloadsAreRemovedAtStart) {
  Cache cache(1000);
  const auto id = cache.put("hello");
  const auto partial = cache.cache->partial(id, 3);
  std::ofstream(partial).put('x');
  ASSERT_TRUE(ArtifactCache::open(cache.folder / "cache", 1000).ok());
  EXPECT_FALSE(fs::exists(partial));
  EXPECT_TRUE(cache.has(id));
}

std::vector<std::string> cut(Lines& lines, const std::vector<std::string>& parts, bool* fits = nullptr) {
  std::vector<std::string> found;
  const auto take = [&found](std::string_view line) { found.emplace_back(line); };
  for (const auto& part : parts) {
    const bool taken = lines.feed(part, take);
    if (fits != nullptr) *fits = taken;
  }
  lines.finish(take);
  return found;
}

TEST(Lines, AreCutWhereverTheBytesWereSplit) {
  const std::string text = "one\n\ntwo three\nfour";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    Lines lines(100, Lines::TooLong::refuse);
    EXPECT_EQ(cut(lines, {text.substr(0, at), text.substr(at)}),
              (std::vector<std::string>{"one", "", "two three", "four"}))
        << at;
  }
}

TEST(Lines, TooLongIsRefusedOrCut) {
  bool fits = true;
  Lines strict(4, Lines::TooLong::refuse);
  EXPECT_EQ(cut(strict, {"1234\n", "123", "45\n"}, &fits)[0], "1234");
  EXPECT_FALSE(fits);
  Lines lenient(4, Lines::TooLong::cut);
  EXPECT_EQ(cut(lenient, {"1234567", "89\nab\n"}, &fits), (std::vector<std::string>{"1234", "ab"}));
  EXPECT_TRUE(fits);
}

}  // namespace
}  // namespace spin::daemon
