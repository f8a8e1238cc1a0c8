#include <atomic>
#include <cerrno>
#include <fstream>

#include <boost/crc.hpp>
#include <gtest/gtest.h>

#include "tests/support/file_size_limit.h"
#include "tests/support/process.h"
#include "tests/worker/daemon/disk_faults.h"
#include "tests/worker/daemon/outbox_harness.h"

// The outbox on a disk that is full or fails.

namespace spin::daemon {
namespace {

/// A record of the outbox with this payload.
std::string record_of(const std::string& payload) {
  const auto little_endian = [](std::uint32_t value) {
    std::string bytes(4, '\0');
    for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>((value >> (8 * i)) & 0xffU);
    return bytes;
  };
  const std::string length = little_endian(static_cast<std::uint32_t>(payload.size()));
  boost::crc_32_type crc;
  crc.process_bytes(length.data(), length.size());
  crc.process_bytes(payload.data(), payload.size());
  return "SPNR" + length + little_endian(crc.checksum()) + payload;
}

/// 20 records of 100 kB, of which 19 are forgotten: it is rewritten.
void fill_and_forget(Opened& opened) {
  SequencedReport large = report(3);
  std::get<AttemptFailed>(large.report.body).message.assign(100'000, 'x');
  for (large.sequence = 1; large.sequence <= 20; ++large.sequence) opened.outbox->append(large);
  ASSERT_TRUE(eventually(kDeadline, [&] { return opened.durable == 20; }));
  for (std::uint64_t i = 1; i <= 19; ++i) opened.outbox->forget(i);
}

TEST(OutboxDisk, AFullDiskIsWaitedForAndLeavesNoHalfRecord) {
  const TempFolder folder;
  {
    Opened opened(folder / "outbox");
    opened.outbox->append(report(1));
    ASSERT_TRUE(eventually(kDeadline, [&] { return opened.durable == 1; }));
    {
      const FileSizeLimit limit(fs::file_size(folder / "outbox") + 10);
      opened.outbox->append(report(2));
      ASSERT_TRUE(eventually(kDeadline, [&] { return opened.warnings > 0; }));
      EXPECT_EQ(opened.durable, 1U);
    }
    EXPECT_TRUE(eventually(kDeadline, [&] { return opened.durable == 2; }));
    EXPECT_EQ(opened.fatals, 0);
  }
  const Opened again(folder / "outbox");
  EXPECT_EQ(again.recovered, reports(2));
  EXPECT_TRUE(again.problems.empty());
}

TEST(OutboxDisk, ARewriteThatMayNotLastIsFatal) {
  const TempFolder folder;
  Opened opened(folder / "outbox");
  disk_faults().folders_do_not_sync = true;
  fill_and_forget(opened);
  EXPECT_TRUE(eventually(kDeadline, [&] { return opened.fatals > 0; }))
      << "what it writes from now on would go into a file without a name";
  disk_faults().folders_do_not_sync = false;
}

TEST(OutboxDisk, ARecordOfAnotherVersionIsNotCutWhenTheDiskIsFull) {
  const TempFolder folder;
  // The last record has a field that this version does not know and would not write.
  const std::string known = outbox_record(report(2));
  write(folder / "outbox", outbox_record(report(1)) + record_of(known.substr(12) + "\xfa\x7f\x04more"));
  {
    Opened opened(folder / "outbox");
    ASSERT_EQ(opened.recovered, reports(2));
    const FileSizeLimit limit(fs::file_size(folder / "outbox") + 10);
    opened.outbox->append(report(3));
    ASSERT_TRUE(eventually(kDeadline, [&] { return opened.warnings > 0; }));
  }
  const Opened again(folder / "outbox");
  EXPECT_TRUE(again.problems.empty());
  EXPECT_EQ(again.recovered, reports(3));
}

}  // namespace
}  // namespace spin::daemon
