#include "server/core/ready_queue.h"

#include <bit>

namespace spin::core {
namespace {

constexpr std::int64_t kBits = 64;
std::uint64_t bit(JobKey key) { return std::uint64_t{1} << static_cast<unsigned>(key.value % kBits); }

}  // namespace

void KeySet::insert(JobKey key) {
  std::uint64_t& word = words_[key.value / kBits];
  if ((word & bit(key)) == 0) ++size_;
  word |= bit(key);
}

void KeySet::erase(JobKey key) {
  const auto found = words_.find(key.value / kBits);
  if (found == words_.end() || (found->second & bit(key)) == 0) return;
  found->second &= ~bit(key);
  if (found->second == 0) words_.erase(found);
  --size_;
}

bool KeySet::contains(JobKey key) const {
  const auto found = words_.find(key.value / kBits);
  return found != words_.end() && (found->second & bit(key)) != 0;
}

std::optional<JobKey> KeySet::first() const {
  if (words_.empty()) return std::nullopt;
  const auto& [index, word] = *words_.begin();
  return JobKey{index * kBits + std::countr_zero(word)};
}

std::optional<JobKey> KeySet::first_but(const std::set<JobKey>& others) const {
  for (auto [index, word] : words_)
    for (; word != 0; word &= word - 1)
      if (const JobKey key{index * kBits + std::countr_zero(word)}; !others.contains(key)) return key;
  return std::nullopt;
}

template <class Change>
void ReadyQueue::change_class(Share& share, NeedsId needs, const Change& change) {
  const auto place = share.classes.try_emplace(needs).first;
  KeySet& keys = place->second;
  const auto before = keys.first();
  change(keys);
  const auto after = keys.first();
  if (before != after) {
    if (before) share.order.erase({*before, needs});
    if (after) share.order.insert({*after, needs});
  }
  if (!after) share.classes.erase(place);
}

void ReadyQueue::insert(const Place& place, JobKey key) {
  Level& level = levels_[place.priority];
  const auto [share, is_new] = level.shares.try_emplace(place.sweep);
  if (is_new && !held_.contains(place.sweep)) level.order.insert({running(place.sweep), place.sweep});
  change_class(share->second, place.needs, [&](KeySet& keys) { keys.insert(key); });
  ++size_;
  changed_ = true;
}

void ReadyQueue::erase(const Place& place, JobKey key) {
  if (!contains(place, key)) return;
  Level& level = levels_.at(place.priority);
  const auto share = level.shares.find(place.sweep);
  change_class(share->second, place.needs, [&](KeySet& keys) { keys.erase(key); });
  --size_;
  if (!share->second.classes.empty()) return;
  level.shares.erase(share);
  level.order.erase({running(place.sweep), place.sweep});
  if (level.shares.empty()) levels_.erase(place.priority);
}

bool ReadyQueue::contains(const Place& place, JobKey key) const {
  const auto level = levels_.find(place.priority);
  if (level == levels_.end()) return false;
  const auto share = level->second.shares.find(place.sweep);
  if (share == level->second.shares.end()) return false;
  const auto keys = share->second.classes.find(place.needs);
  return keys != share->second.classes.end() && keys->second.contains(key);
}

void ReadyQueue::hold(SweepId sweep, bool is_held) {
  if (is_held ? !held_.insert(sweep).second : held_.erase(sweep) == 0) return;
  for (auto& [priority, level] : levels_) {
    if (!level.shares.contains(sweep)) continue;
    if (is_held)
      level.order.erase({running(sweep), sweep});
    else
      level.order.insert({running(sweep), sweep});
  }
  changed_ = changed_ || !is_held;
}

void ReadyQueue::move(SweepId sweep, int from, int to) {
  const auto level = levels_.find(from);
  if (from == to || level == levels_.end()) return;
  auto share = level->second.shares.extract(sweep);
  if (share.empty()) return;
  level->second.order.erase({running(sweep), sweep});
  if (level->second.shares.empty()) levels_.erase(level);
  Level& target = levels_[to];
  target.shares.insert(std::move(share));
  if (!held_.contains(sweep)) target.order.insert({running(sweep), sweep});
  changed_ = true;
}

int ReadyQueue::running(SweepId sweep) const {
  const auto found = running_.find(sweep);
  return found == running_.end() ? 0 : found->second;
}

void ReadyQueue::count_running(SweepId sweep, int change) {
  const int before = running(sweep);
  const int after = before + change;
  if (after == 0)
    running_.erase(sweep);
  else
    running_[sweep] = after;
  for (auto& [priority, level] : levels_) {
    if (level.order.erase({before, sweep}) == 0) continue;
    level.order.insert({after, sweep});
  }
}

}  // namespace spin::core
