#include "server/store/numbered_rows.h"

namespace spin {
namespace {

constexpr std::size_t kMostBytes = 8 << 20;
constexpr std::size_t kEntryBytes = 64;  ///< of a hash table beside the key, about

}  // namespace

Result<NumberedRows> NumberedRows::make(Database& database, std::string_view insert, std::string_view last) {
  NumberedRows rows;
  SPIN_ASSIGN(rows.insert_, database.prepare(insert));
  SPIN_ASSIGN(rows.last_, database.prepare(last));
  SPIN_TRY(rows.forget_undone());
  return rows;
}

Status NumberedRows::forget_undone() {
  auto rows = last_.query();
  if (rows.next()) last_number_ = rows.integer(0);
  SPIN_TRY(rows.status());
  std::erase_if(numbers_, [this](const auto& entry) {
    const bool undone = entry.second > last_number_;
    if (undone) bytes_ -= entry.first.size() + kEntryBytes;
    return undone;
  });
  return {};
}

void NumberedRows::remember(std::string_view key) {
  if (bytes_ > kMostBytes) {
    numbers_.clear();
    bytes_ = 0;
  }
  numbers_.emplace(key, ++last_number_);
  bytes_ += key.size() + kEntryBytes;
}

}  // namespace spin
