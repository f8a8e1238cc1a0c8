#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "schema/base/child_process.h"
#include "worker/agent/events.h"
#include "worker/daemon/lines.h"

namespace spin::daemon {

/// One trainer process of a slot: commands in, events and log lines out. On the strand. The last event is
/// TrainerExited, after everything that the process wrote; its whole group is dead then.
class Trainer : public std::enable_shared_from_this<Trainer> {
 public:
  static constexpr std::size_t kMaxEventBytes = 1 << 20;
  static constexpr std::size_t kMaxLogLineBytes = 8 << 10;
  /// How long a pipe may stay open after the process has gone (a process that left its group may hold it).
  static constexpr std::chrono::milliseconds kDrainLimit{500};
  using Sink = std::function<void(agent::Event)>;

  /// Called from the process's main thread: see dies_with_thread.
  static Result<std::shared_ptr<Trainer>> start(boost::asio::io_context& io, int slot,
                                                const std::vector<std::string>& argv, Sink sink);

  void command(const TrainerCommand& command);
  /// SIGKILL to the group.
  void kill();
  /// To be called after SIGCHLD: takes notice if the process has ended.
  void reap();

 private:
  struct Stream {
    Stream(boost::asio::io_context& io, FileDescriptor fd, Lines lines);
    boost::asio::posix::stream_descriptor pipe;
    Lines lines;
    bool open = true;
  };

  Trainer(boost::asio::io_context& io, int slot, ChildProcess child, Sink sink);
  /// Log lines that were written before an event are taken before it.
  void read(Stream& stream, bool is_output);
  void take_line(std::string_view line, bool is_output);
  void read_available(Stream& stream, bool is_output);
  void close(Stream& stream, bool is_output);
  void write_next();
  void announce_exit();

  const int slot_;
  const Sink sink_;
  ChildProcess child_;
  boost::asio::posix::stream_descriptor input_;
  Stream output_, errors_;
  boost::asio::steady_timer drain_;
  std::deque<std::string> commands_;  ///< the first is being written
  std::optional<ProcessEnd> end_;
  bool announced_ = false;
};

}  // namespace spin::daemon
