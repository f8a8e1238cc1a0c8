#pragma once

#include <memory>
#include <utility>

#include "server/app/engine.h"

namespace spin {

/// Carries what workers say from gRPC's threads to the strand.
class FleetGate final : public FleetBackend {
 public:
  FleetGate(Strand& strand, Engine& engine) : strand_(strand), engine_(engine) {}

  void attach(WorkerHello hello, std::shared_ptr<WorkerLink> link) override {
    strand_.post([this, hello = std::move(hello), link = std::move(link)]() mutable {
      engine_.attach(std::move(hello), std::move(link));
    });
  }
  void receive(const std::shared_ptr<WorkerLink>& link, std::vector<WorkerMessage> messages,
               std::function<void()> taken) override {
    strand_.post([this, link, messages = std::move(messages), taken = std::move(taken)]() mutable {
      engine_.receive(link, std::move(messages));
      engine_.when_roomy(std::move(taken));
    });
  }
  void detached(const std::shared_ptr<WorkerLink>& link) override {
    strand_.post([this, link] { engine_.detached(link); });
  }

 private:
  Strand& strand_;
  Engine& engine_;
};

}  // namespace spin
