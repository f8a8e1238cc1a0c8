#include "worker/daemon/trainer.h"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

namespace spin::daemon {

using boost::system::error_code;

namespace {

/// So that a trainer that never stops writing does not keep the strand.
constexpr int kBlocksATurn = 64;

}  // namespace

Trainer::Stream::Stream(boost::asio::io_context& io, FileDescriptor fd, Lines cutter)
    : pipe(io, fd.release()), lines(std::move(cutter)) {
  pipe.non_blocking(true);
}

Trainer::Trainer(boost::asio::io_context& io, int slot, ChildProcess child, Sink sink)
    : slot_(slot),
      sink_(std::move(sink)),
      child_(std::move(child)),
      input_(io, child_.pipes.input.release()),
      output_(io, std::move(child_.pipes.output), Lines(kMaxEventBytes, Lines::TooLong::refuse)),
      errors_(io, std::move(child_.pipes.errors), Lines(kMaxLogLineBytes, Lines::TooLong::cut)),
      drain_(io) {
  input_.non_blocking(true);
}

Result<std::shared_ptr<Trainer>> Trainer::start(boost::asio::io_context& io, int slot,
                                                const std::vector<std::string>& argv, Sink sink) {
  ChildProcess::Command command{argv};
  command.dies_with_thread = true;
  SPIN_ASSIGN(ChildProcess child, ChildProcess::start(command));
  std::shared_ptr<Trainer> trainer(new Trainer(io, slot, std::move(child), std::move(sink)));
  trainer->read(trainer->output_, true);
  trainer->read(trainer->errors_, false);
  return trainer;
}

void Trainer::command(const TrainerCommand& command) {
  commands_.push_back(to_line(command) + "\n");
  if (commands_.size() == 1) write_next();
}

void Trainer::write_next() {
  boost::asio::async_write(input_, boost::asio::buffer(commands_.front()),
                           [self = shared_from_this()](const error_code& error, std::size_t) {
                             if (error) return;  // the process has gone, which its exit tells
                             self->commands_.pop_front();
                             if (!self->commands_.empty()) self->write_next();
                           });
}

void Trainer::kill() { child_.kill_group(); }

// Waits without reading: bytes that a read had taken could not be put in order with those of the other pipe.
void Trainer::read(Stream& stream, bool is_output) {
  stream.pipe.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this(), &stream, is_output](const error_code& error) {
                           if (error) return self->close(stream, is_output);
                           self->read_available(stream, is_output);
                           if (stream.open) self->read(stream, is_output);
                         });
}

void Trainer::read_available(Stream& stream, bool is_output) {
  std::array<char, 16384> block;
  const auto take = [&](std::string_view line) { take_line(line, is_output); };
  for (int blocks = 0; stream.open && blocks < kBlocksATurn; ++blocks) {
    error_code error;
    const std::size_t count = stream.pipe.read_some(boost::asio::buffer(block), error);
    if (error == boost::asio::error::would_block) return;
    if (error) return close(stream, is_output);
    if (is_output) read_available(errors_, false);
    if (stream.lines.feed({block.data(), count}, take)) continue;
    sink_(agent::TrainerBroke{
        slot_,
        {ErrorCode::resource_exhausted, "a line of more than " + std::to_string(kMaxEventBytes) + " bytes"}});
    return close(stream, is_output);
  }
}

void Trainer::take_line(std::string_view line, bool is_output) {
  if (!is_output) return sink_(agent::TrainerWrote{slot_, std::string(line)});
  auto event = event_from_line(line);
  if (event.ok()) {
    sink_(agent::TrainerSaid{slot_, std::move(event).value()});
  } else {
    sink_(agent::TrainerBroke{slot_, event.error()});
  }
}

void Trainer::close(Stream& stream, bool is_output) {
  if (!std::exchange(stream.open, false)) return;
  if (!is_output) stream.lines.finish([&](std::string_view line) { take_line(line, is_output); });
  error_code ignored;
  stream.pipe.close(ignored);
  announce_exit();
}

void Trainer::reap() {
  if (end_) return;
  end_ = child_.poll();
  if (!end_) return;
  error_code ignored;
  input_.close(ignored);
  drain_.expires_after(kDrainLimit);
  drain_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error) return;
    self->close(self->output_, true);
    self->close(self->errors_, false);
  });
  announce_exit();
}

void Trainer::announce_exit() {
  if (!end_ || output_.open || errors_.open || std::exchange(announced_, true)) return;
  drain_.cancel();
  sink_(agent::TrainerExited{slot_, *end_});
}

}  // namespace spin::daemon
