#include "server/store/lookup.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/base/edit_distance.h"
#include "schema/base/hex.h"
#include "schema/sql/tables.h"

namespace spin {
namespace {

constexpr char kSweepById[] = "SELECT id FROM sweep WHERE id = ?1 AND deleting = 0";
constexpr char kSweepByName[] =
    "SELECT id FROM sweep WHERE name = ?1 AND deleting = 0 ORDER BY id DESC LIMIT 1";
constexpr char kNewestSweeps[] = "SELECT id, name FROM sweep WHERE deleting = 0 ORDER BY id DESC LIMIT ?1";
// Jobs that only sweeps under deletion have are as good as gone.
constexpr char kHashOfJob[] =
    "SELECT hash FROM sweep_job j JOIN sweep s ON s.id = j.sweep AND s.deleting = 0 WHERE j.key = ?1 LIMIT 1";
const std::string kJobAt = "SELECT j.key FROM sweep s JOIN labelled_cell c ON c.sweep = s.id JOIN " +
                           jobs_of_cell("c.position") + " WHERE s.id = ?1 AND c.position = ?2 AND " +
                           std::string(kNameOfJob) + " = ?3";
const std::string kJobNames =
    "SELECT " + std::string(kNameOfJob) + " FROM labelled_cell c JOIN sweep s ON s.id = c.sweep JOIN " +
    jobs_of_cell("c.position") + " WHERE c.sweep = ?1 ORDER BY c.position, j.key LIMIT ?2";

constexpr int kListed = 10;
/// Names that are compared with one that is not there, and those that are shown.
constexpr int kCompared = 10'000;
constexpr std::size_t kNear = 3;
constexpr std::size_t kMostNameBytes = 200;
constexpr std::size_t kFewestDigits = 8;
constexpr std::size_t kMostDigits = 64;

std::optional<std::int64_t> number_from(const std::string& text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

/// First row, first column; none without a row.
template <class... Values>
Result<std::optional<std::int64_t>> first(Statement& statement, const Values&... values) {
  auto rows = statement.query(values...);
  if (rows.next()) return std::optional(rows.integer(0));
  SPIN_TRY(rows.status());
  return std::optional<std::int64_t>();
}

Error not_a_job(const std::string& text) {
  return Error{ErrorCode::invalid_argument,
               "'" + text + "' names no job: give " + std::to_string(kFewestDigits) + " to " +
                   std::to_string(kMostDigits) + " hexadecimal digits of its hash, or SWEEP/NAME"};
}

}  // namespace

Result<Lookup> Lookup::make(Database& database) {
  Lookup lookup;
  SPIN_ASSIGN(lookup.sweep_by_id_, database.prepare(kSweepById));
  SPIN_ASSIGN(lookup.sweep_by_name_, database.prepare(kSweepByName));
  SPIN_ASSIGN(lookup.newest_sweeps_, database.prepare(kNewestSweeps));
  SPIN_ASSIGN(lookup.hash_of_job_, database.prepare(kHashOfJob));
  SPIN_ASSIGN(lookup.job_at_, database.prepare(kJobAt));
  SPIN_ASSIGN(auto marks, MarkReader::make(database));
  lookup.marks_.emplace(std::move(marks));
  SPIN_ASSIGN(lookup.job_names_, database.prepare(kJobNames));
  return lookup;
}

Result<SweepId> Lookup::find_sweep(const std::string& text) {
  if (const auto number = number_from(text)) {
    SPIN_ASSIGN(const auto id, first(sweep_by_id_, *number));
    if (id.has_value()) return SweepId{*id};
  }
  SPIN_ASSIGN(const auto id, first(sweep_by_name_, text));
  if (id.has_value()) return SweepId{*id};
  return no_such_sweep(text);
}

Error Lookup::no_such_sweep(const std::string& text) {
  std::string list;
  int listed = 0;
  auto rows = newest_sweeps_.query(kListed + 1);
  while (rows.next()) {
    if (listed++ == kListed) {
      list += ", ...";
      break;
    }
    list += (list.empty() ? "" : ", ") + std::to_string(rows.integer(0)) + " (" + rows.text(1) + ")";
  }
  if (const auto status = rows.status(); !status.ok()) return status.error();
  return Error{ErrorCode::not_found, "there is no sweep '" + text + "'; " +
                                         (list.empty() ? "none was submitted yet" : "there are " + list)};
}

Result<core::JobKey> Lookup::find_job(const std::string& text) {
  const auto slash = text.find('/');
  if (slash != std::string::npos) return find_job_by_name(text.substr(0, slash), text.substr(slash + 1));
  if (text.size() < kFewestDigits || text.size() > kMostDigits || !is_hex(text)) return not_a_job(text);
  return find_job_by_hash(text);
}

Result<core::JobKey> Lookup::find_job_by_hash(const std::string& text) {
  auto low = text;
  auto high = text;
  low.resize(kMostDigits, '0');
  high.resize(kMostDigits, 'f');
  SPIN_ASSIGN(const auto from, digest_from_hex(low));
  SPIN_ASSIGN(const auto to, digest_from_hex(high));
  SPIN_ASSIGN(const auto found, jobs_between(from, to));
  if (found.size() == 1) return found.front().first;
  if (found.empty())
    return Error{ErrorCode::not_found, "there is no job whose hash begins with '" + text + "'"};
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), kListed); ++i) {
    list +=
        (i == 0 ? "" : ", ") + found[i].second.hex().substr(0, std::max<std::size_t>(text.size() + 4, 12));
  }
  return Error{ErrorCode::invalid_argument, "several hashes begin with '" + text + "': " + list +
                                                (found.size() > kListed ? ", ..." : "") +
                                                "; give more digits"};
}

Result<std::vector<std::pair<core::JobKey, JobId>>> Lookup::jobs_between(const Digest& from,
                                                                         const Digest& to) {
  std::vector<std::pair<core::JobKey, JobId>> found;
  SPIN_ASSIGN(const auto keys, marks_->find(kIdentityMarks, mark_of(from)));
  for (const auto key : keys) {
    auto row = hash_of_job_.query(key);
    const bool is_there = row.next();
    SPIN_TRY(row.status());
    const auto hash = is_there ? row.digest(0) : Digest();
    if (is_there && from <= hash && hash <= to) found.push_back({core::JobKey{key}, JobId{hash}});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return found;
}

Result<core::JobKey> Lookup::find_job_by_name(const std::string& sweep, const std::string& name) {
  SPIN_ASSIGN(const auto id, find_sweep(sweep));
  const auto name_of_cell = std::string_view(name).substr(0, name.rfind(".s"));
  SPIN_ASSIGN(const auto cells, marks_->find(id.value, mark_of(name_of_cell)));
  for (const auto cell : cells) {
    SPIN_ASSIGN(const auto key, first(job_at_, id.value, cell, name));
    if (key.has_value()) return core::JobKey{*key};
  }
  SPIN_ASSIGN(const auto advice, near_names(id, name));
  return Error{ErrorCode::not_found, "sweep " + sweep + " has no job '" + name + "'" + advice +
                                         (advice.empty() ? "; `" : " `") + "spinctl jobs " + sweep +
                                         "` lists those that it has"};
}

Result<std::string> Lookup::near_names(SweepId sweep, const std::string& name) {
  const std::string_view given = std::string_view(name).substr(0, kMostNameBytes);
  const std::size_t limit = std::max<std::size_t>(2, given.size() / 4);
  std::vector<std::pair<std::size_t, std::string>> near;
  auto rows = job_names_.query(sweep.value, kCompared);
  while (rows.next()) {
    auto known = rows.text(0);
    const auto longer = std::max(known.size(), given.size()), shorter = std::min(known.size(), given.size());
    if (longer - shorter > limit) continue;
    if (const auto edits = edit_distance(given, known); edits <= limit)
      near.emplace_back(edits, std::move(known));
  }
  SPIN_TRY(rows.status());
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (std::size_t i = 0; i < std::min(kNear, near.size()); ++i)
    text += (i == 0 ? "; did you mean '" : ", '") + near[i].second + "'";
  return text.empty() ? text : text + "?";
}

}  // namespace spin
