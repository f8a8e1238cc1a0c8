#include "worker/trainer/running_statistics.h"

namespace spin {

RunningStatistics::RunningStatistics(const TensorSpec& spec, const Train& config)
    : spec_(spec),
      is_shared_(is_shared(spec, config)),
      fusion_(config.fusion.strategy),
      topology_(config.topology),
      all_(torch::full({is_shared_ ? topology_.group_count() : topology_.depth(), spec.out()},
                       spec.start.value)) {}

torch::Tensor RunningStatistics::of(std::size_t layer) const {
  return all_.select(0, is_shared_ ? topology_.layers()[layer] : static_cast<std::int64_t>(layer));
}

std::vector<NamedTensor> RunningStatistics::each() const {
  std::vector<NamedTensor> list;
  for (auto& tensor : all_.unbind(0)) list.push_back({spec_.file_name(list.size()), tensor});
  return list;
}

/// Indices in the file of what statistics `index` are the mean of.
std::vector<std::size_t> RunningStatistics::sources(std::size_t index) const {
  if (!is_shared_ || fusion_ == FusionStrategy::none) return {index};
  const auto layers = topology_.groups()[index];
  if (fusion_ == FusionStrategy::choose_first) return {static_cast<std::size_t>(layers.front())};
  return {layers.begin(), layers.end()};
}

Status RunningStatistics::load(const TensorFile& file, const std::string& file_name) {
  const torch::NoGradGuard no_grad;
  const auto targets = all_.unbind(0);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto layers = sources(i);
    auto sum = torch::zeros_like(targets[i]);
    for (const auto layer : layers) {
      const auto name = spec_.file_name(layer);
      auto value = torch::empty_like(targets[i]);
      SPIN_TRY(copy_checked(file.find(name), value, file_name + ": tensor '" + name + "'"));
      sum += value;
    }
    targets[i].copy_(sum / static_cast<double>(layers.size()));
  }
  return {};
}

}  // namespace spin
