#include "server/app/followed_sweeps.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace spin {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRound{250};
/// What workers change in the hint makes no new version.
constexpr std::chrono::seconds kHintPause{1};

}  // namespace

FollowedSweeps::FollowedSweeps(Strand& strand, Engine& engine, Publish publish)
    : strand_(strand), engine_(engine), publish_(std::move(publish)) {}

void FollowedSweeps::add(const std::shared_ptr<Watcher>& watcher) {
  ++entries_.try_emplace(watcher->sweep, strand_.context()).first->second.watchers;
}

void FollowedSweeps::remove(const std::shared_ptr<Watcher>& watcher) {
  const auto found = entries_.find(watcher->sweep);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  std::erase_if(entry.waiting, [&](const Waiting& waiting) { return waiting.watcher == watcher; });
  if (--entry.watchers == 0) entries_.erase(found);
}

void FollowedSweeps::next(const std::shared_ptr<Watcher>& watcher, Ready ready) {
  const auto found = entries_.find(watcher->sweep);
  if (found == entries_.end()) return;
  found->second.waiting.push_back({watcher, std::move(ready)});
  look(watcher->sweep, found->second);
}

void FollowedSweeps::stepped() {
  for (auto& [sweep, entry] : entries_)
    if (!entry.waiting.empty() && engine_.coordinator().sweep_version(sweep) != entry.version)
      look(sweep, entry);
}

void FollowedSweeps::stop() { entries_.clear(); }

/// Those who come are answered at once; those who have seen something, in rounds.
void FollowedSweeps::look(SweepId sweep, Entry& entry) {
  if (entry.waiting.empty()) return;
  const auto now = steady_clock::now();
  const auto is_new = [](const Waiting& waiting) { return waiting.watcher->seen == 0; };
  const auto has_news = [&](const Waiting& waiting) { return waiting.watcher->seen != entry.number; };
  const bool round = now >= entry.next_round;
  const bool comes = std::any_of(entry.waiting.begin(), entry.waiting.end(), is_new);
  const bool changed = engine_.coordinator().sweep_version(sweep) != entry.version;
  const bool behind = changed || std::any_of(entry.waiting.begin(), entry.waiting.end(), has_news);
  if (!comes && !(round && (behind || now >= entry.look_again)))
    return arm(sweep, entry, behind ? entry.next_round : std::max(entry.next_round, entry.look_again));
  auto status = engine_.coordinator().sweep_status(sweep, now);
  entry.look_again = now + kHintPause;
  const bool new_hint = status && status->hint != entry.hint;
  if (changed || new_hint || entry.number == 0) ++entry.number;
  entry.version = engine_.coordinator().sweep_version(sweep);
  if (status) entry.hint = status->hint;
  std::vector<Ready> readers;
  std::erase_if(entry.waiting, [&](Waiting& waiting) {
    if (status && !is_new(waiting) && !(round && has_news(waiting))) return false;
    waiting.watcher->seen = entry.number;
    readers.push_back(std::move(waiting.ready));
    return true;
  });
  if (round) entry.next_round = now + kRound;
  if (!readers.empty()) publish_(std::move(status), std::move(readers));
  if (entry.waiting.empty()) return;
  const bool late = std::any_of(entry.waiting.begin(), entry.waiting.end(), has_news);
  arm(sweep, entry, late ? entry.next_round : std::max(entry.next_round, entry.look_again));
}

void FollowedSweeps::arm(SweepId sweep, Entry& entry, core::Now when) {
  if (entry.timer.expiry() == when) return;
  entry.timer.expires_at(when);
  entry.timer.async_wait([this, sweep](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    const auto found = entries_.find(sweep);
    if (found != entries_.end()) look(sweep, found->second);
  });
}

}  // namespace spin
