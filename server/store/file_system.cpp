#include "server/store/file_system.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

namespace spin {
namespace {

struct NetworkType {
  std::uint32_t magic;
  const char* type;  ///< where mountinfo does not say it
};
// Linux, statfs(2) and include/uapi/linux/magic.h; Lustre, GPFS, BeeGFS, PanFS and OrangeFS: their own
// sources.
constexpr std::array<NetworkType, 17> kNetwork = {{{0x6969, "nfs"},
                                                   {0xFF534D42, "cifs"},
                                                   {0xFE534D42, "smb3"},
                                                   {0x517B, "smb"},
                                                   {0x01021997, "9p"},
                                                   {0x0BD00BD0, "lustre"},
                                                   {0x47504653, "gpfs"},
                                                   {0x19830326, "beegfs"},
                                                   {0x00C36400, "ceph"},
                                                   {0x5346414F, "afs"},
                                                   {0x6B414653, "afs"},
                                                   {0x73757245, "coda"},
                                                   {0x564C, "ncpfs"},
                                                   {0x7461636F, "ocfs2"},
                                                   {0x01161970, "gfs2"},
                                                   {0xAAD7AAEA, "panfs"},
                                                   {0x20030528, "pvfs2"}}};
constexpr std::uint32_t kFuse = 0x65735546;
constexpr std::array<std::string_view, 12> kFuseNetwork = {"sshfs", "glusterfs", "ceph",    "ceph-fuse",
                                                           "s3fs",  "rclone",    "gcsfuse", "juicefs",
                                                           "mfs",   "moosefs",   "wekafs",  "davfs"};

const NetworkType* known_network(std::uint32_t magic) {
  const auto* known = std::find_if(kNetwork.begin(), kNetwork.end(),
                                   [&](const NetworkType& entry) { return entry.magic == magic; });
  return known == kNetwork.end() ? nullptr : known;
}

std::string read_mountinfo() {
  std::ifstream file("/proc/self/mountinfo");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

bool is_network_file_system(std::uint32_t magic, std::string_view type) {
  if (magic != kFuse) return known_network(magic) != nullptr;
  constexpr std::string_view kPrefix = "fuse.";
  if (type.starts_with(kPrefix)) type.remove_prefix(kPrefix.size());
  return std::find(kFuseNetwork.begin(), kFuseNetwork.end(), type) != kFuseNetwork.end();
}

std::string type_from_mountinfo(std::string_view text, unsigned major, unsigned minor) {
  // proc(5): "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw"; what stands before " - "
  // varies in length.
  std::istringstream lines{std::string(text)};
  const auto device = std::to_string(major) + ':' + std::to_string(minor);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, number, word;
    fields >> id >> parent >> number;
    if (number != device) continue;
    while (fields >> word && word != "-") {
    }
    if (fields >> word) return word;
  }
  return {};
}

Status check_local(const std::filesystem::path& database) {
  const auto folder = database.parent_path();
  struct ::statfs system {};
  struct ::stat status {};
  // A folder that cannot be asked says so when the database is opened.
  if (::statfs(folder.c_str(), &system) != 0 || ::stat(folder.c_str(), &status) != 0) return {};
  const auto magic = static_cast<std::uint32_t>(system.f_type);
  auto type = type_from_mountinfo(read_mountinfo(), major(status.st_dev), minor(status.st_dev));
  if (!is_network_file_system(magic, type)) return {};
  if (const NetworkType* known = known_network(magic); type.empty() && known != nullptr) type = known->type;
  return Error{ErrorCode::failed_precondition,
               "database " + database.string() + " lies on a network file system (" + type +
                   "), where SQLite may lose what was stored; use a local disk, --db"};
}

}  // namespace spin
