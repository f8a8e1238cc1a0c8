#include "worker/trainer/command_queue.h"

#include <utility>

namespace spin {

void CommandQueue::push_line(std::string_view line) {
  auto command = command_from_line(line);
  if (!command.ok()) return push(command.error());
  if (auto* run = std::get_if<RunCommand>(&*command)) return push(std::move(*run));
  stop_current(std::get<StopCommand>(*command).save ? StopRequest::save : StopRequest::discard);
}

void CommandQueue::push(Item item) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(item)});
  }
  arrived_.notify_one();
}

void CommandQueue::end(int signal) {
  {
    const std::lock_guard lock(mutex_);
    end_signal_ = signal;
    if (running_ && stop_ == StopRequest::none) stop_ = StopRequest::save;
  }
  arrived_.notify_one();
}

void CommandQueue::stop_current(StopRequest how) {
  const std::lock_guard lock(mutex_);
  if (running_) {
    stop_ = how;
    return;
  }
  for (auto& entry : waiting_) {
    if (!std::holds_alternative<RunCommand>(entry.item)) continue;
    entry.stop = how;
    return;
  }
}

CommandQueue::Item CommandQueue::pop() {
  std::unique_lock lock(mutex_);
  running_ = false;
  arrived_.wait(lock, [&] { return !waiting_.empty() || end_signal_ != 0; });
  if (end_signal_ != 0) return EndSignal{end_signal_};
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  running_ = std::holds_alternative<RunCommand>(next.item);
  stop_ = next.stop;
  return std::move(next.item);
}

}  // namespace spin
