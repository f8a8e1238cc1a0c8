#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "server/app/engine.h"
#include "server/app/strand.h"

namespace spin {

/// Puts a request to the coordinator: what it says once everything that the answer rests on is durable. Not
/// to be waited for on the strand. `then` sees every answer on the strand first, whether anybody waits or
/// not.
template <class Request, class Then>
std::future<core::Message> put(Strand& strand, Engine& engine, Request event, Then then) {
  auto promise = std::make_shared<std::promise<core::Message>>();
  auto answer = promise->get_future();
  strand.post([&engine, promise, event = std::move(event), then = std::move(then)]() mutable {
    engine.request(std::move(event),
                   [promise, then = std::move(then), told = false](core::Message message) mutable {
                     then(message);
                     if (!std::exchange(told, true)) promise->set_value(std::move(message));
                   });
  });
  return answer;
}

template <class Request>
std::future<core::Message> put(Strand& strand, Engine& engine, Request event) {
  return put(strand, engine, std::move(event), [](const core::Message&) {});
}

/// The answer of put(), an Accepted; a refusal is an error.
template <class Accepted>
Result<Accepted> settle(std::future<core::Message> answer, std::chrono::seconds limit) {
  SPIN_ASSIGN(core::Message message, Strand::await(std::move(answer), limit));
  if (const auto* refused = std::get_if<core::RequestRefused>(&message)) return refused->error;
  return std::get<Accepted>(std::move(message));
}

}  // namespace spin
