#include "client/commands/interrupt.h"

#include <array>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "schema/base/stop_signals.h"

namespace spin::cli {

Interrupt::Interrupt() {
  ::sigemptyset(&caught_);
  for (const int number : stop_signals()) ::sigaddset(&caught_, number);
  ::pthread_sigmask(SIG_BLOCK, &caught_, &before_);
  signals_ = FileDescriptor(::signalfd(-1, &caught_, SFD_CLOEXEC | SFD_NONBLOCK));
  wake_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { listen(); });
}

Interrupt::~Interrupt() {
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
  // What comes from here on, or came a second time, finds the process on its way out.
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) continue;
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::listen() {
  std::array<pollfd, 2> polled{pollfd{signals_.get(), POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
  for (;;) {
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    if ((polled[1].revents & POLLIN) != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) == sizeof info) trip(static_cast<int>(info.ssi_signo), {});
  }
}

void Interrupt::stop(Error why) { trip(0, std::move(why)); }

void Interrupt::trip(int signal, std::optional<Error> why) {
  const std::lock_guard lock(mutex_);
  came_again_ = came_again_ || (stopped_ && signal != 0);
  if (stopped_) return;
  stopped_ = true;
  signal_ = signal;
  error_ = std::move(why);
  for (const auto& [key, action] : actions_) action();
  changed_.notify_all();
}

bool Interrupt::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

bool Interrupt::came_again() const {
  const std::lock_guard lock(mutex_);
  return came_again_;
}

int Interrupt::signal() const {
  const std::lock_guard lock(mutex_);
  return signal_;
}

std::optional<Error> Interrupt::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

bool Interrupt::wait_for(std::chrono::milliseconds time) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return stopped_; });
}

Interrupt::OnStop::OnStop(Interrupt& interrupt, std::function<void()> action) : interrupt_(interrupt) {
  const std::lock_guard lock(interrupt_.mutex_);
  key_ = ++interrupt_.next_key_;
  if (interrupt_.stopped_) {
    action();
  } else {
    interrupt_.actions_.emplace(key_, std::move(action));
  }
}

Interrupt::OnStop::~OnStop() {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.actions_.erase(key_);
}

}  // namespace spin::cli
