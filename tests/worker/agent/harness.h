#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "worker/agent/agent.h"

namespace spin::agent {

/// An agent with a clock of its own; keeps every effect and checks the invariants after each step.
class Harness {
 public:
  explicit Harness(int slots = 1, std::vector<SequencedReport> outbox = {});
  explicit Harness(AgentSettings chosen, std::vector<SequencedReport> outbox = {});

  /// The effects of this one step.
  const Effects& step(const Event& event);
  void pass(Millis time);
  /// Advances to the agent's deadlines until `time` has passed.
  void run_for(Millis time);

  void welcome();
  /// Welcome, a lease, a ready trainer: the attempt trains in slot 0.
  void start_training(const LeasedJob& lease);
  void ready(int slot = 0);
  /// The attempt of lease_of(1) finishes in slot 0 and its model, artifact 9, is kept.
  void finish_training();
  void terminate(TerminateRequested::How how) { step(TerminateRequested{how}); }
  void say(const TrainerEvent& event, int slot = 0) { step(TrainerSaid{slot, event}); }

  template <class E>
  [[nodiscard]] std::vector<E> all() const {
    return pick<E>(every_);
  }
  template <class E>
  [[nodiscard]] std::vector<E> last() const {
    return pick<E>(last_);
  }
  /// Messages of one type sent by the last step, or ever.
  template <class M>
  [[nodiscard]] std::vector<M> sent() const {
    return messages<M>(last_);
  }
  template <class M>
  [[nodiscard]] std::vector<M> ever_sent() const {
    return messages<M>(every_);
  }
  /// Bodies of one type that the last step put into the outbox.
  template <class B>
  [[nodiscard]] std::vector<B> kept() const {
    std::vector<B> found;
    for (const auto& persist : last<Persist>()) {
      if (const auto* body = std::get_if<B>(&persist.report.report.body)) found.push_back(*body);
    }
    return found;
  }
  template <class B>
  [[nodiscard]] std::vector<B> ever_kept() const {
    std::vector<B> found;
    for (const auto& persist : all<Persist>()) {
      if (const auto* body = std::get_if<B>(&persist.report.report.body)) found.push_back(*body);
    }
    return found;
  }
  /// Makes everything in the outbox durable; then acknowledges it, if asked.
  void persist();
  void acknowledge_all();
  [[nodiscard]] std::string said() const;
  [[nodiscard]] std::optional<Exit> exit() const;

  AgentSettings settings;
  Now now{};
  Agent agent;

 private:
  template <class E>
  static std::vector<E> pick(const Effects& effects) {
    std::vector<E> found;
    for (const auto& effect : effects) {
      if (const auto* value = std::get_if<E>(&effect)) found.push_back(*value);
    }
    return found;
  }
  template <class M>
  static std::vector<M> messages(const Effects& effects) {
    std::vector<M> found;
    for (const auto& send : pick<Send>(effects)) {
      if (const auto* message = std::get_if<M>(&send.message)) found.push_back(*message);
    }
    return found;
  }

  Effects every_, last_;
};

AgentSettings test_settings(int slots);
LeasedJob lease_of(std::int64_t sequence);
/// A lease of this job alone.
Received leased(const LeasedJob& job, const std::string& device = "cpu");
ArtifactRef artifact_of(std::uint8_t byte, ArtifactKind kind);
ReadyEvent ready_event();
FinishedEvent finished_event();
EpochEvent epoch_event(int epoch);

}  // namespace spin::agent
