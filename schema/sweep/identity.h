#pragma once

#include <optional>
#include <string>

#include "schema/sweep/plan.h"

namespace spin::sweep {

/// Computes job_id() for one configuration after another, and keeps the JSON of each section for as long as
/// the section stays the same: neighbours in a sweep differ in little.
class IdentityWriter {
 public:
  JobId id_of(const JobConfig& canonical_config);

 private:
  template <class T>
  struct Section {
    std::optional<T> held;
    std::string text;
  };
  struct Sharing {
    Topology topology;
    Components components;
    bool operator==(const Sharing&) const = default;
  };
  template <class T, class ToJson>
  const std::string& text_of(Section<T>& section, const T& value, ToJson to_json);

  Section<Dataset> dataset_;
  Section<Network> network_;
  Section<Sharing> sharing_;
  Section<Transform> transform_;
  Section<Fusion> fusion_;
  Section<Training> training_;
  std::string text_;
};

}  // namespace spin::sweep
