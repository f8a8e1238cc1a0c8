#include "server/store/config_parts.h"

#include <charconv>

namespace spin {
namespace {

constexpr char kInsertPart[] = "INSERT INTO config_part (id, text) VALUES (?1, ?2)";
constexpr char kLastPart[] = "SELECT coalesce(max(id), 0) FROM config_part";
constexpr char kPart[] = "SELECT text FROM config_part WHERE id = ?1";

/// Texts that are kept in memory.
constexpr std::size_t kMostBytes = 8 << 20;
constexpr std::size_t kUsualBytes = 1024;  ///< that a configuration has, or nearly
constexpr std::size_t kEntryBytes = 64;    ///< of a hash table beside the text, about

}  // namespace

Result<ConfigPartWriter> ConfigPartWriter::make(Database& database) {
  SPIN_ASSIGN(auto parts, NumberedRows::make(database, kInsertPart, kLastPart));
  return ConfigPartWriter(std::move(parts));
}

std::string list_of_parts(const std::array<std::int64_t, std::tuple_size_v<ConfigParts>>& numbers) {
  std::string list;
  for (const auto number : numbers) (list += list.empty() ? '[' : ',') += std::to_string(number);
  return list + ']';
}

Result<std::int64_t> ConfigPartWriter::store(const std::string& part) {
  if (const auto known = parts_.find(part)) return *known;
  return parts_.insert(part, part);
}

Result<ConfigPartReader> ConfigPartReader::make(Database& database) {
  ConfigPartReader reader;
  SPIN_ASSIGN(reader.select_, database.prepare(kPart));
  return reader;
}

Result<std::string> ConfigPartReader::join(std::string_view parts) {
  std::string config;
  config.reserve(kUsualBytes);
  const char* at = parts.data();
  const char* end = at + parts.size();
  while (at != end) {
    std::int64_t id = 0;
    const auto [rest, error] = std::from_chars(at, end, id);
    if (error == std::errc()) {
      SPIN_ASSIGN(const auto* text, text_of(id));
      config += *text;
    }
    at = error == std::errc() ? rest : at + 1;  // a bracket or a comma
  }
  return config;
}

Result<const std::string*> ConfigPartReader::text_of(std::int64_t id) {
  if (const auto known = texts_.find(id); known != texts_.end()) return &known->second;
  auto rows = select_.query(id);
  if (!rows.next()) {
    SPIN_TRY(rows.status());
    return Error{ErrorCode::data_loss, "there is no part " + std::to_string(id) + " of a configuration"};
  }
  if (bytes_ > kMostBytes) {
    texts_.clear();
    bytes_ = 0;
  }
  std::string& text = texts_[id] = rows.text(0);
  bytes_ += text.size() + kEntryBytes;
  return &text;
}

}  // namespace spin
