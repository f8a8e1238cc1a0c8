#include "schema/design/system_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace spin {
namespace {

// In small letters; hidden ones (.ipynb_checkpoints, .AppleDouble, ._x.jpg, .DS_Store, .Trash-1000,
// .snapshot, .zfs, .@__thumb) need no line.
constexpr std::array<std::string_view, 18> kNames{
    "@eadir",
    "@tmp",
    "#recycle",
    "#snapshot",  // Synology DSM: thumbnails, bins, snapshots
    "@recycle",
    "@recently-snapshot",  // QNAP QTS
    "~snapshot",           // NetApp, over SMB
    "lost+found",          // e2fsprogs, in the root of each file system
    "__macosx",            // macOS's Archive Utility, in .zip files
    "network trash folder",
    "temporary items",  // Netatalk
    "$recycle.bin",
    "system volume information",  // Windows, in the root of each volume
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",  // Windows Explorer
    "__pycache__",
    "lost.dir"};  // Python; Android, on SD cards

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return small;
}

}  // namespace

bool is_system_name(std::string_view name) {
  return name.starts_with('.') ||
         std::find(kNames.begin(), kNames.end(), in_small_letters(name)) != kNames.end();
}

}  // namespace spin
