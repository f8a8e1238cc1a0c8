#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/process.h"
#include "tests/worker/daemon/outbox_harness.h"

namespace spin::daemon {
namespace {

TEST(OutboxFile, RecordsComeBack) {
  const auto content = read_outbox(bytes_of(reports(5)));
  EXPECT_EQ(content.reports, reports(5));
  EXPECT_TRUE(content.problems.empty());
}

TEST(OutboxFile, ATornTailCostsTheLastRecordOnlyWhereverItIsCut) {
  const std::string bytes = bytes_of(reports(3));
  const std::size_t first = outbox_record(report(1)).size();
  const std::size_t second = first + outbox_record(report(2)).size();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto content = read_outbox(bytes.substr(0, cut));
    const std::size_t whole = cut < first ? 0 : cut < second ? 1 : 2;
    ASSERT_EQ(content.reports, reports(whole)) << cut;
    const bool at_a_record = cut == 0 || cut == first || cut == second;
    ASSERT_EQ(content.problems.empty(), at_a_record) << cut;
    ASSERT_TRUE(content.only_torn) << cut;
  }
}

TEST(OutboxFile, ADamagedByteCostsOneRecordAndIsNamed) {
  const std::string bytes = bytes_of(reports(3));
  const std::size_t first = outbox_record(report(1)).size();
  const std::size_t second = first + outbox_record(report(2)).size();
  for (std::size_t at = first; at < second; ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    const auto content = read_outbox(damaged);
    ASSERT_EQ(content.reports, (std::vector<SequencedReport>{report(1), report(3)})) << at;
    ASSERT_EQ(content.problems.size(), 1U) << at;
    ASSERT_NE(content.problems[0].find("at byte " + std::to_string(first)), std::string::npos)
        << content.problems[0];
    ASSERT_FALSE(content.only_torn) << at;
  }
}

/// Flips bits, clears a stretch, cuts the end or puts bytes in between.
std::string damaged(std::string bytes, std::mt19937& random) {
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  switch (below(4)) {
    case 0:
      for (auto flips = 1 + below(8); flips > 0; --flips) {
        auto& byte = bytes[below(bytes.size())];
        byte = static_cast<char>(byte ^ (1 << below(8)));
      }
      return bytes;
    case 1: {
      const auto at = below(bytes.size());
      const auto length = std::min(1 + below(400), bytes.size() - at);
      return bytes.replace(at, length, std::string(length, '\0'));
    }
    case 2:
      return bytes.substr(0, below(bytes.size()));
    default:
      return bytes.insert(below(bytes.size()), std::string(1 + below(40), static_cast<char>(below(256))));
  }
}

TEST(OutboxFile, NoDamageMakesAReportThatWasNeverWritten) {
  const auto written = reports(12);
  const std::string bytes = bytes_of(written);
  std::size_t at = 0;
  std::set<std::size_t> ends{0};
  for (const auto& one : written) ends.insert(at += outbox_record(one).size());
  for (unsigned seed = 0; seed < 5'000; ++seed) {
    std::mt19937 random(seed);
    auto spoilt = damaged(bytes, random);
    if (seed % 3 == 0 && !spoilt.empty()) spoilt = damaged(spoilt, random);
    const auto content = read_outbox(spoilt);
    // In order, each at most once, each as it was written.
    auto next = written.begin();
    for (const auto& one : content.reports) {
      next = std::find(next, written.end(), one);
      ASSERT_NE(next, written.end()) << "seed " << seed;
      ++next;
    }
    const bool cut_between = bytes.compare(0, spoilt.size(), spoilt) == 0 && ends.contains(spoilt.size());
    ASSERT_TRUE(content.reports.size() == written.size() || cut_between || !content.problems.empty())
        << "seed " << seed << ": what is lost is said";
    ASSERT_EQ(read_outbox(content.good).reports, content.reports) << "seed " << seed;
  }
}

TEST(Outbox, KeepsWhatIsNotForgotten) {
  const TempFolder folder;
  {
    Opened opened(folder / "outbox");
    for (const auto& one : reports(4)) opened.outbox->append(one);
    ASSERT_TRUE(eventually(kDeadline, [&] { return opened.durable == 4; }));
    opened.outbox->forget(2);
  }
  // Forgotten records may come back until the file is rewritten or emptied; the others must.
  Opened again(folder / "outbox");
  for (const std::uint64_t sequence : {1, 3, 4}) {
    EXPECT_NE(std::find(again.recovered.begin(), again.recovered.end(), report(sequence)),
              again.recovered.end());
  }
}

TEST(Outbox, WhatIsQueuedWhenItClosesIsWritten) {
  const TempFolder folder;
  {
    Opened opened(folder / "outbox");
    for (const auto& one : reports(50)) opened.outbox->append(one);
  }
  EXPECT_EQ(Opened(folder / "outbox").recovered, reports(50));
}

TEST(Outbox, IsEmptyWhenEverythingIsAcknowledged) {
  const TempFolder folder;
  Opened opened(folder / "outbox");
  for (const auto& one : reports(3)) opened.outbox->append(one);
  ASSERT_TRUE(eventually(kDeadline, [&] { return opened.durable == 3; }));
  for (std::uint64_t i = 1; i <= 3; ++i) opened.outbox->forget(i);
  EXPECT_TRUE(eventually(kDeadline, [&] { return fs::file_size(folder / "outbox") == 0; }));
  opened.outbox->append(report(4));
  ASSERT_TRUE(eventually(kDeadline, [&] { return opened.durable == 4; }));
  opened.outbox.reset();
  EXPECT_EQ(Opened(folder / "outbox").recovered, std::vector<SequencedReport>{report(4)});
}

TEST(Outbox, IsRewrittenWhenMostOfItIsForgotten) {
  const TempFolder folder;
  Opened opened(folder / "outbox");
  SequencedReport large = report(3);
  std::get<AttemptFailed>(large.report.body).message.assign(100'000, 'x');
  for (large.sequence = 1; large.sequence <= 20; ++large.sequence) opened.outbox->append(large);
  ASSERT_TRUE(eventually(kDeadline, [&] { return opened.durable == 20; }));
  for (std::uint64_t i = 1; i <= 19; ++i) opened.outbox->forget(i);
  // A rewrite may come before the last ones are forgotten; below this size there is no other.
  ASSERT_TRUE(eventually(kDeadline, [&] { return fs::file_size(folder / "outbox") <= 1 << 20; }));
  opened.outbox.reset();
  Opened again(folder / "outbox");
  EXPECT_TRUE(again.problems.empty());
  ASSERT_FALSE(again.recovered.empty());
  EXPECT_EQ(again.recovered.back().sequence, 20U);
}

TEST(Outbox, GoesOnAfterATornTail) {
  const TempFolder folder;
  const std::string bytes = bytes_of(reports(3));
  write(folder / "outbox", bytes.substr(0, bytes.size() - 5));
  {
    Opened opened(folder / "outbox");
    EXPECT_EQ(opened.recovered, reports(2));
    EXPECT_EQ(opened.problems.size(), 1U);
    opened.outbox->append(report(3));
  }
  EXPECT_EQ(Opened(folder / "outbox").recovered, reports(3));
}

TEST(Outbox, ADamagedFileIsKeptAside) {
  const TempFolder folder;
  std::string bytes = bytes_of(reports(3));
  bytes[20] = static_cast<char>(bytes[20] ^ 1);
  write(folder / "outbox", bytes);
  const Opened opened(folder / "outbox");
  EXPECT_EQ(opened.recovered, (std::vector<SequencedReport>{report(2), report(3)}));
  ASSERT_EQ(opened.problems.size(), 2U);
  EXPECT_NE(opened.problems[1].find("outbox.damaged-1"), std::string::npos) << opened.problems[1];
  EXPECT_EQ(*read_file(folder / "outbox.damaged-1", 1 << 20), bytes);
}

}  // namespace
}  // namespace spin::daemon
