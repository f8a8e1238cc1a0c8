#include "tests/crash/disk_model.h"

#include <algorithm>
#include <fstream>

namespace spin {
namespace {

/// A disk writes so many bytes whole or not at all.
constexpr std::size_t kSectorBytes = 512;

bool toss(std::mt19937& random) { return (random() & 1U) != 0; }

/// Bytes that were never written are zeros.
void overwrite(std::string& content, std::size_t offset, std::string_view bytes) {
  content.resize(std::max(content.size(), offset + bytes.size()), '\0');
  content.replace(offset, bytes.size(), bytes);
}

/// Each sector of the disk, counted from the start of the file, took its part of the write or did not.
void overwrite_torn(std::string& content, std::size_t offset, std::string_view bytes, std::mt19937& random) {
  while (!bytes.empty()) {
    const auto count = std::min(bytes.size(), kSectorBytes - offset % kSectorBytes);
    if (toss(random)) overwrite(content, offset, bytes.substr(0, count));
    offset += count;
    bytes.remove_prefix(count);
  }
}

}  // namespace

void DiskModel::add_file(const std::string& path, std::string bytes) {
  auto& file = files_[path];
  file.durable = std::move(bytes);
  file.exists = true;
}

void DiskModel::apply(const DiskCall& call) {
  if (call.kind == DiskCall::Kind::read) return;
  auto& file = files_[std::string(call.path)];
  switch (call.kind) {
    case DiskCall::Kind::create:
      file = {};
      return;
    case DiskCall::Kind::read:
      break;
    case DiskCall::Kind::write:
      file.changes.emplace_back(Write{call.offset, std::string(call.bytes)});
      return;
    case DiskCall::Kind::truncate:
      file.changes.emplace_back(Truncate{call.offset});
      return;
    case DiskCall::Kind::sync: {
      std::mt19937 unused;
      file.durable = content_of(file, Fate::all_kept, unused);
      file.changes.clear();
      file.exists = true;
      return;
    }
    case DiskCall::Kind::remove:
      if (call.folder_synced) {
        file = {};
      } else {
        file.removed = true;
      }
  }
}

std::string DiskModel::content_of(const File& file, Fate fate, std::mt19937& random) {
  auto content = file.durable;
  if (fate == Fate::all_lost) return content;
  for (const auto& change : file.changes) {
    if (fate == Fate::some_lost && toss(random)) continue;
    if (const auto* cut = std::get_if<Truncate>(&change)) {
      content.resize(static_cast<std::size_t>(cut->size), '\0');
      continue;
    }
    const auto& write = std::get<Write>(change);
    const auto offset = static_cast<std::size_t>(write.offset);
    if (fate == Fate::torn) {
      overwrite_torn(content, offset, write.bytes, random);
    } else {
      overwrite(content, offset, write.bytes);
    }
  }
  return content;
}

void DiskModel::write_to(const std::filesystem::path& folder, Fate fate, std::mt19937& random) const {
  const auto reached_the_disk = [&] {
    return fate == Fate::all_kept || (fate != Fate::all_lost && toss(random));
  };
  for (const auto& [path, file] : files_) {
    const auto target = folder / std::filesystem::path(path).filename();
    std::filesystem::remove(target);
    const bool appeared = file.exists || reached_the_disk();
    const bool disappeared = file.removed && reached_the_disk();
    if (!appeared || disappeared) continue;
    const auto content = content_of(file, fate, random);
    std::ofstream(target, std::ios::binary).write(content.data(), std::ssize(content));
  }
}

}  // namespace spin
