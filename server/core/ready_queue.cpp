#include "server/core/ready_queue.h"

#include <bit>

namespace spin::core {
namespace {

constexpr std::size_t kBits = 64;
std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << (index % kBits); }

}  // namespace

void KeySet::insert(JobKey key) {
  const auto index = static_cast<std::size_t>(key.value);
  const std::size_t word = index / kBits;
  if (word >= words_.size()) words_.resize(word + 1);
  if (word / kBits >= summary_.size()) summary_.resize(word / kBits + 1);
  if ((words_[word] & bit(index)) != 0) return;
  words_[word] |= bit(index);
  summary_[word / kBits] |= bit(word);
  ++size_;
}

void KeySet::erase(JobKey key) {
  if (!contains(key)) return;
  const auto index = static_cast<std::size_t>(key.value);
  const std::size_t word = index / kBits;
  words_[word] &= ~bit(index);
  if (words_[word] == 0) summary_[word / kBits] &= ~bit(word);
  --size_;
}

bool KeySet::contains(JobKey key) const {
  const auto index = static_cast<std::size_t>(key.value);
  return index / kBits < words_.size() && (words_[index / kBits] & bit(index)) != 0;
}

std::optional<JobKey> KeySet::first() const {
  for (std::size_t block = 0; block < summary_.size(); ++block) {
    if (summary_[block] == 0) continue;
    const std::size_t word = block * kBits + static_cast<std::size_t>(std::countr_zero(summary_[block]));
    const std::size_t index = word * kBits + static_cast<std::size_t>(std::countr_zero(words_[word]));
    return JobKey{static_cast<std::int64_t>(index)};
  }
  return std::nullopt;
}

void ReadyQueue::insert(int priority, JobKey key) { by_priority_[priority].insert(key); }

void ReadyQueue::erase(int priority, JobKey key) {
  const auto found = by_priority_.find(priority);
  if (found == by_priority_.end()) return;
  found->second.erase(key);
  if (found->second.size() == 0) by_priority_.erase(found);
}

bool ReadyQueue::contains(int priority, JobKey key) const {
  const auto found = by_priority_.find(priority);
  return found != by_priority_.end() && found->second.contains(key);
}

std::optional<JobKey> ReadyQueue::first() const {
  return by_priority_.empty() ? std::nullopt : by_priority_.begin()->second.first();
}

std::size_t ReadyQueue::size() const {
  std::size_t total = 0;
  for (const auto& [priority, keys] : by_priority_) total += keys.size();
  return total;
}

}  // namespace spin::core
