#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "schema/design/task.h"

namespace spin {

/// Canonical JSON in parts, which one behind the other are the whole. Jobs of a sweep have most parts in
/// common: what sweeps vary stands in parts of its own.
using ConfigParts = std::array<std::string_view, 7>;

/// The canonical JSON of a configuration.
struct CanonicalText {
  std::string text;
  std::array<std::size_t, std::tuple_size_v<ConfigParts> - 1> ends{};  ///< of all parts but the last
  /// Of `text`, valid as long as it stays.
  [[nodiscard]] ConfigParts parts() const;
  /// Where the part with the training begins.
  [[nodiscard]] std::size_t begin_of_training() const { return ends[kTrainingPart - 1]; }

 private:
  static constexpr std::size_t kTrainingPart = 5;
};

/// Writes the canonical JSON of one configuration after another; nobody else does. Keeps the text of the
/// sections that it wrote, because the jobs of a sweep take theirs from few.
class ConfigText {
 public:
  /// Valid until the next call.
  const std::string& of(const Task& task) {
    return std::visit([this](const auto& one) -> const std::string& { return write(one); }, task);
  }
  const std::string& of(const Train& train) { return write(train); }
  /// What the last call of of() wrote.
  [[nodiscard]] const CanonicalText& last() const { return canonical_; }
  /// Equal for configurations that differ in nothing but seed and init_from; of others so few are equal that
  /// it tells those of a sweep apart.
  [[nodiscard]] std::uint64_t hash_of(const Train& train);

 private:
  template <class T>
  struct Held {
    T value;
    std::string text;
    std::uint64_t hash_of_text = 0;
  };
  /// Values of a section by a hash; of two with the same one, the later stays.
  template <class T>
  struct Section {
    std::unordered_map<std::uint64_t, Held<T>> held;
    const Held<T>* last = nullptr;  ///< that was asked for
    std::size_t bytes = 0;          ///< about
  };
  struct Sharing {
    Topology topology;
    Components components;
  };
  /// What is compared with a Sharing, so that it need not be copied first.
  struct SharingOf {
    const Train& train;
    explicit operator Sharing() const { return {train.topology, train.components}; }
    friend bool operator==(const Sharing& held, const SharingOf& asked) {
      return held.topology == asked.train.topology && held.components == asked.train.components;
    }
  };
  // One a kind of task.
  const std::string& write(const Train& config);

  const Held<Dataset>& dataset_of(const Train& train);
  const Held<Fusion>& fusion_of(const Train& train);
  const Held<Network>& network_of(const Train& train);
  const Held<Sharing>& sharing_of(const Train& train);
  const Held<Training>& training_of(const Train& train);
  const Held<Transform>& transform_of(const Train& train);
  void begin_part() { canonical_.ends.at(part_++) = canonical_.text.size(); }

  Section<Dataset> dataset_;
  Section<Network> network_;
  Section<Sharing> sharing_;
  Section<Transform> transform_;
  Section<Fusion> fusion_;
  Section<Training> training_;
  CanonicalText canonical_;
  std::size_t part_ = 0;
};

}  // namespace spin
