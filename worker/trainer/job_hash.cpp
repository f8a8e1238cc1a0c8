#include "worker/trainer/job_hash.h"

#include "schema/base/portable_sha256.h"
#include "schema/base/text.h"
#include "schema/design/config_json.h"
#include "schema/design/config_text.h"

namespace spin {

Status check_job_hash(const std::string& hash, const Task& task) {
  const auto identity = to_hex(portable_sha256(kIdentityVersion + ConfigText().of(task)));
  if (hash == identity) return {};
  return Error{
      ErrorCode::invalid_argument,
      "hash and config disagree: the hash is " + printable(hash.substr(0, 80)) + ", the config that of job " +
          identity +
          "; a program that wrote the file may have rounded a number, as jq 1.6 does with seeds above 2^53. "
          "Take the job from `spinctl plan FILE --job N`, or remove the hash to train the config as it "
          "stands"};
}

}  // namespace spin
