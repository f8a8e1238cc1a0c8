#include "server/app/delivery.h"

#include <iterator>
#include <unordered_map>
#include <utility>

namespace spin {

Delivery::Delivery(Reader& reader, Refused refused)
    : reader_(reader), refused_(std::move(refused)), thread_([this] { work(); }) {}

Delivery::~Delivery() { stop(); }

void Delivery::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Delivery::post(std::vector<Letter> letters) {
  if (letters.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    std::move(letters.begin(), letters.end(), std::back_inserter(queue_));
  }
  wake_.notify_one();
}

void Delivery::wait_until_sent() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return queue_.empty() && !is_sending_; });
}

void Delivery::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto letters = std::exchange(queue_, {});
    is_sending_ = true;
    lock.unlock();
    send(std::move(letters));
    lock.lock();
    is_sending_ = false;
    idle_.notify_all();
  }
}

void Delivery::send(std::vector<Letter> letters) {
  std::vector<core::SendLease> orders;
  for (auto& letter : letters)
    if (auto* order = std::get_if<core::SendLease>(&letter.content)) orders.push_back(std::move(*order));
  auto leases = read_leases(orders);
  std::unordered_map<WorkerLink*, std::vector<CoordinatorMessage>> waiting;
  std::size_t next = 0;  // of orders and leases
  for (auto& [link, content] : letters) {
    if (std::holds_alternative<core::SendLease>(content)) {
      auto& lease = leases[next++];
      if (lease.ok())
        waiting[link.get()].emplace_back(*std::move(lease));
      else
        refused_(orders[next - 1], lease.error());
    } else if (auto* message = std::get_if<CoordinatorMessage>(&content)) {
      waiting[link.get()].push_back(std::move(*message));
    } else {
      if (const auto before = waiting.extract(link.get())) link->send(std::move(before.mapped()));
      link->close(std::move(std::get<Error>(content)));
    }
  }
  for (auto& [link, messages] : waiting) link->send(std::move(messages));
}

/// All at once, or one by one where a row cannot be read.
std::vector<Result<Lease>> Delivery::read_leases(std::span<const core::SendLease> orders) {
  if (orders.empty()) return {};
  if (auto all = reader_.leases(orders); all.ok())
    return {std::make_move_iterator(all->begin()), std::make_move_iterator(all->end())};
  std::vector<Result<Lease>> leases;
  for (const auto& order : orders) {
    auto one = reader_.leases(std::span(&order, 1));
    if (one.ok())
      leases.emplace_back(std::move(one->front()));
    else
      leases.emplace_back(one.error());
  }
  return leases;
}

}  // namespace spin
