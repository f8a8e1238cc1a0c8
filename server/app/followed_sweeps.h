#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "server/app/engine.h"
#include "server/rpc/feed.h"

namespace spin {

/// Sweeps that people watch. Each is looked at once for all who watch it, when it has changed, at most four
/// times a second. On the strand, but for the constructor.
class FollowedSweeps {
 public:
  using Status = std::shared_ptr<const SweepStatus>;
  /// Gets what is durable; null where there is no such sweep any more.
  using Ready = std::function<void(Status)>;

  /// All of them outlive it. `publish` runs once for each look, on the strand: it completes the status
  /// elsewhere and hands it to each of those who wait.
  using Publish = std::function<void(std::optional<SweepStatus>, std::vector<Ready>)>;
  FollowedSweeps(Strand& strand, Engine& engine, Publish publish);

  /// One who watches; what a watcher has seen last.
  struct Watcher {
    SweepId sweep;
    std::uint64_t seen = 0;  ///< number of a look, 0 = none
  };
  void add(const std::shared_ptr<Watcher>& watcher);
  void remove(const std::shared_ptr<Watcher>& watcher);
  /// Asks for the next status that the watcher has not seen.
  void next(const std::shared_ptr<Watcher>& watcher, Ready ready);

  /// After each step.
  void stepped();
  void stop();

 private:
  struct Waiting {
    std::shared_ptr<Watcher> watcher;
    Ready ready;
  };
  struct Entry {
    explicit Entry(boost::asio::io_context& io) : timer(io) {}
    int watchers = 0;
    std::vector<Waiting> waiting;
    std::uint64_t version = 0;  ///< at the last look
    std::uint64_t number = 0;   ///< of the last look that found something new
    std::string hint;
    core::Now next_round, look_again;
    boost::asio::steady_timer timer;
  };

  void look(SweepId sweep, Entry& entry);
  void arm(SweepId sweep, Entry& entry, core::Now when);

  Strand& strand_;
  Engine& engine_;
  const Publish publish_;
  std::map<SweepId, Entry> entries_;
};

}  // namespace spin
