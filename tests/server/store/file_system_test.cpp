#include "server/store/file_system.h"

#include <gtest/gtest.h>

#include "tests/server/store/fixture.h"

// No network file system can be mounted here; what tells one is a function of two facts that the system
// gives.

namespace spin {
namespace {

TEST(FileSystem, ThoseOfANetworkAreKnownByTheirNumberOrType) {
  for (const std::uint32_t magic :
       {0x6969U, 0xFF534D42U, 0xFE534D42U, 0x01021997U, 0x0BD00BD0U, 0x47504653U, 0x19830326U, 0x00C36400U})
    EXPECT_TRUE(is_network_file_system(magic, "")) << std::hex << magic;
  for (const std::uint32_t magic : {0xEF53U, 0x58465342U, 0x9123683EU, 0x01021994U, 0x794C7630U, 0x2FC12FC1U})
    EXPECT_FALSE(is_network_file_system(magic, "")) << std::hex << magic;
  EXPECT_TRUE(is_network_file_system(0x65735546, "fuse.sshfs"));
  EXPECT_TRUE(is_network_file_system(0x65735546, "fuse.glusterfs"));
  EXPECT_FALSE(is_network_file_system(0x65735546, "fuse.ntfs-3g")) << "a local disk";
  EXPECT_FALSE(is_network_file_system(0x65735546, "fuseblk"));
}

TEST(FileSystem, ItsTypeIsThatOfItsDevice) {
  const std::string text =
      "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
      "36 35 0:50 /home /home rw,noatime shared:1 master:2 - nfs4 head:/home rw,vers=4.2\n"
      "37 35 8:1 / / rw - ext4 /dev/sda1 rw\n";
  EXPECT_EQ(type_from_mountinfo(text, 0, 50), "nfs4");
  EXPECT_EQ(type_from_mountinfo(text, 8, 1), "ext4");
  EXPECT_EQ(type_from_mountinfo(text, 9, 9), "");
  EXPECT_EQ(type_from_mountinfo("cut 0:50", 0, 50), "");
}

TEST(FileSystem, ALocalFolderIsNoNetwork) {
  const TempFolder folder;
  EXPECT_TRUE(check_local(folder / "spin.db").ok());
}

}  // namespace
}  // namespace spin
