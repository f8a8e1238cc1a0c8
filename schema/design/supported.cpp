#include <nlohmann/json.hpp>

#include "schema/design/config.h"
#include "schema/design/names.h"

namespace spin {
namespace {

Error not_supported(std::string_view path, std::string_view value) {
  return {ErrorCode::unsupported, "not supported yet: " + std::string(path) + " " + std::string(value)};
}

Error not_supported(std::string_view path, double value) {
  return not_supported(path, nlohmann::json(value).dump());
}

Status check_training(const Training& training) {
  if (training.optimizer != Optimizer::adamw)
    return not_supported("training.optimizer", enum_name(training.optimizer));
  if (training.precision != Precision::fp32)
    return not_supported("training.precision", enum_name(training.precision));
  if (training.mixup != 0) return not_supported("training.mixup", training.mixup);
  if (training.cutmix != 0) return not_supported("training.cutmix", training.cutmix);
  if (training.random_erasing != 0) return not_supported("training.random_erasing", training.random_erasing);
  if (training.label_noise != 0) return not_supported("training.label_noise", training.label_noise);
  if (training.accumulation != 1)
    return not_supported("training.accumulation", std::to_string(training.accumulation));
  if (training.ema != 0) return not_supported("training.ema", training.ema);
  if (training.evaluate_every != 1)
    return not_supported("training.evaluate_every", std::to_string(training.evaluate_every));
  if (training.keep != Keep::last) return not_supported("training.keep", enum_name(training.keep));
  return {};
}

}  // namespace

Status check_supported(const JobConfig& config) {
  return check_training(config.training);
}

}  // namespace spin
