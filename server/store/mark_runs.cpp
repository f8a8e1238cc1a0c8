#include "server/store/mark_runs.h"

#include <string>

#include <boost/endian/conversion.hpp>

namespace spin {
namespace {

// Numbers of jobs that are gone may be given once more, by the next start.
constexpr char kInsertMarks[] = "INSERT OR REPLACE INTO mark_run (list, first, marks) VALUES (?1, ?2, ?3)";
constexpr char kSelectMarks[] = "SELECT first, marks FROM mark_run WHERE list = ?1 ORDER BY first";

constexpr std::size_t kMarkBytes = 4;

}  // namespace

std::uint32_t mark_of(const Digest& identity) { return boost::endian::load_big_u32(identity.bytes.data()); }

std::uint32_t mark_of(std::string_view name) {
  std::uint32_t mark = 2166136261U;  // FNV-1a
  for (const char c : name) mark = (mark ^ static_cast<unsigned char>(c)) * 16777619U;
  return mark;
}

Result<MarkWriter> MarkWriter::make(Database& database) {
  MarkWriter writer;
  SPIN_ASSIGN(writer.insert_, database.prepare(kInsertMarks));
  return writer;
}

Status MarkWriter::store(std::int64_t list, std::int64_t first, std::span<const std::uint32_t> marks) {
  if (marks.empty()) return {};
  std::string bytes(marks.size() * kMarkBytes, '\0');
  auto* to = reinterpret_cast<unsigned char*>(bytes.data());
  for (const auto mark : marks) {
    boost::endian::store_big_u32(to, mark);
    to += kMarkBytes;
  }
  return insert_.run(list, first, Blob{bytes});
}

Result<MarkReader> MarkReader::make(Database& database) {
  MarkReader reader;
  SPIN_ASSIGN(reader.select_, database.prepare(kSelectMarks));
  return reader;
}

Result<std::vector<std::int64_t>> MarkReader::find(std::int64_t list, std::uint32_t mark) {
  std::vector<std::int64_t> found;
  auto rows = select_.query(list);
  while (rows.next()) {
    const auto marks = rows.blob(1);
    for (std::size_t at = 0; at + kMarkBytes <= marks.size(); at += kMarkBytes)
      if (boost::endian::load_big_u32(marks.data() + at) == mark)
        found.push_back(rows.integer(0) + static_cast<std::int64_t>(at / kMarkBytes));
  }
  SPIN_TRY(rows.status());
  return found;
}

}  // namespace spin
