#include "schema/design/config_json.h"
#include "schema/design/config_text.h"
#include "schema/sweep/plan.h"

namespace spin {

JobId JobIds::of(const CanonicalText& config) {
  const std::string_view text = config.text;
  if (const auto begin = text.substr(0, config.begin_of_training()); begin != begin_ || begin.empty()) {
    begin_ = begin;
    of_begin_ = Sha256();
    of_begin_.update(kIdentityVersion);
    of_begin_.update(begin);
  }
  all_.go_on_from(of_begin_);
  all_.update(text.substr(begin_.size()));
  return JobId{all_.finish()};
}

JobId job_id(const Task& canonical_task) {
  ConfigText text;
  text.of(canonical_task);
  return JobIds().of(text.last());
}

}  // namespace spin
