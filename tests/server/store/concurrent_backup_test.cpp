#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "schema/base/file.h"
#include "server/store/backup.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

// Backups to one target that are made at once.

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr CopyOptions kKeepTarget{.replace = false};
constexpr CopyOptions kReplaceTarget{.replace = true};

class ConcurrentBackup : public StoreTest {
 protected:
  ConcurrentBackup() {
    fs::create_directory(folder_ / "copies");
    commit(*store_, {insert_all(SweepId{1}, make_plan("study", 4, 5), 1)});
    for (int i = 0; i < 20; ++i) commit(*store_, {core::AppendLog{{1}, {std::string(100'000, 'x')}}});
  }
  [[nodiscard]] fs::path copy() const { return folder_ / "copies" / "spin.backup"; }
  Result<CopySummary> back_up(const CopyOptions& options = kKeepTarget,
                              const CopyProgress& progress = nullptr) {
    return back_up_database(path(), copy(), options, progress);
  }
  void expect_nothing_else() {
    const auto files = fs::directory_iterator(copy().parent_path());
    EXPECT_EQ(std::distance(begin(files), end(files)), 1);
  }
};

TEST_F(ConcurrentBackup, TwoToOneTargetAtATimeAreRefused) {
  std::optional<Error> second;
  ASSERT_TRUE(back_up(kKeepTarget, [&](std::int64_t, std::int64_t) {
                if (!second) second = back_up().error();
                return true;
              }).ok());
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->code, ErrorCode::already_exists);
  EXPECT_EQ(rows_of(copy(), "SELECT count(*) FROM job").at(0), "20");
}

TEST_F(ConcurrentBackup, TwoThatReplaceOneTargetLeaveAWholeOne) {
  ASSERT_TRUE(back_up().ok());
  const auto replace_often = [&] {
    for (int i = 0; i < 20; ++i) {
      const auto summary = back_up(kReplaceTarget);
      EXPECT_TRUE(summary.ok() || summary.error().code == ErrorCode::already_exists)
          << summary.error().message;
    }
  };
  std::thread other(replace_often);
  replace_often();
  other.join();
  expect_nothing_else();
  EXPECT_EQ(rows_of(copy(), "SELECT count(*) FROM job").at(0), "20");
}

TEST_F(ConcurrentBackup, OneThatAppearsMeanwhileIsNotReplaced) {
  const auto made_by_another = [&](std::int64_t done, std::int64_t total) {
    if (done == total) std::ofstream(copy()) << "precious";
    return true;
  };
  const auto result = back_up(kKeepTarget, made_by_another);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::already_exists) << result.error().message;
  EXPECT_EQ(value_of(read_file(copy(), 100)), "precious");
  expect_nothing_else();
}

}  // namespace
}  // namespace spin
