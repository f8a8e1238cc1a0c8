#include "schema/base/sha256.h"
#include "schema/design/config_json.h"
#include "schema/design/config_text.h"
#include "schema/sweep/plan.h"

namespace spin {

JobId id_of_text(std::string_view canonical_json) {
  Sha256 hash;
  hash.update(kIdentityVersion);
  hash.update(canonical_json);
  return JobId{hash.finish()};
}

JobId job_id(const Task& canonical_task) { return id_of_text(ConfigText().of(canonical_task)); }

}  // namespace spin
