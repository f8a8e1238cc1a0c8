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
  /// What the last call wrote.
  [[nodiscard]] const CanonicalText& last() const { return canonical_; }

 private:
  /// Values of a section by a hash; of two with the same one, the later stays.
  template <class T>
  struct Section {
    struct Held {
      T value;
      std::string text;
    };
    std::unordered_map<std::uint64_t, Held> held;
    std::size_t bytes = 0;  ///< about
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

  template <class T, class Value, class ToJson>
  void append(Section<T>& section, const Value& value, std::uint64_t hash, ToJson to_json);
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
