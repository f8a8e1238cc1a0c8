#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "schema/sweep/plan.h"

namespace spin::sweep {

/// Writes the canonical JSON of one configuration after another: the text of config_to_json(). Keeps the text
/// of the sections that it wrote last, because the jobs of a sweep differ in little.
class ConfigText {
 public:
  /// Valid until the next call.
  const std::string& of(const JobConfig& config);
  /// What the last call wrote.
  [[nodiscard]] const std::string& last() const { return text_; }
  /// job_id() of the configuration.
  JobId id_of(const JobConfig& canonical_config);

 private:
  /// The last few values of a section, the oldest replaced first.
  template <class T>
  struct Section {
    struct Held {
      T value;
      std::string text;
    };
    std::array<std::optional<Held>, 4> held;
    std::size_t next = 0;
  };
  struct Sharing {
    Topology topology;
    Components components;
    bool operator==(const Sharing&) const = default;
  };
  template <class T, class ToJson>
  void append(Section<T>& section, const T& value, ToJson to_json);

  Section<Dataset> dataset_;
  Section<Network> network_;
  Section<Sharing> sharing_;
  Section<Transform> transform_;
  Section<Fusion> fusion_;
  Section<Training> training_;
  std::string text_;
};

}  // namespace spin::sweep
