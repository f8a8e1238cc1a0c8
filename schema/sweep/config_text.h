#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "schema/sweep/plan.h"

namespace spin::sweep {

/// Writes the canonical JSON of one configuration after another: the text of config_to_json(). Keeps the text
/// of the sections that it wrote, because the jobs of a sweep take theirs from few.
class ConfigText {
 public:
  /// Valid until the next call.
  const std::string& of(const JobConfig& config);
  /// What the last call wrote.
  [[nodiscard]] const std::string& last() const { return text_; }
  /// job_id() of the configuration.
  JobId id_of(const JobConfig& canonical_config);

 private:
  /// Values of a section by fingerprint; of two with the same one, the later stays.
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
    bool operator==(const Sharing&) const = default;
  };
  template <class T, class ToJson>
  void append(Section<T>& section, const T& value, std::uint64_t fingerprint, ToJson to_json);

  Section<Dataset> dataset_;
  Section<Network> network_;
  Section<Sharing> sharing_;
  Section<Transform> transform_;
  Section<Fusion> fusion_;
  Section<Training> training_;
  std::string text_;
};

}  // namespace spin::sweep
