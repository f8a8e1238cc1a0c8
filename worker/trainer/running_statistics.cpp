#include "worker/trainer/running_statistics.h"

#include <utility>

namespace spin {
namespace {

constexpr auto kMean = "mean";
constexpr auto kVariance = "variance";

}  // namespace

RunningStatistics::RunningStatistics(std::string name, std::int64_t channels, bool shared,
                                     const JobConfig& config)
    : name_(std::move(name)), shared_(shared), fusion_(config.fusion.strategy), topology_(config.topology) {
  const int count = shared_ ? topology_.group_count() : topology_.depth();
  for (int i = 0; i < count; ++i) {
    means_.push_back(torch::zeros({channels}));
    variances_.push_back(torch::ones({channels}));
  }
}

std::size_t RunningStatistics::index(std::size_t layer) const {
  return shared_ ? static_cast<std::size_t>(topology_.layers()[layer]) : layer;
}

std::string RunningStatistics::tensor_name(std::size_t index, const char* kind) const {
  return name_ + "." + std::to_string(index) + ".norm." + kind;
}

std::vector<NamedTensor> RunningStatistics::entries() const {
  std::vector<NamedTensor> list;
  for (std::size_t i = 0; i < means_.size(); ++i) {
    list.push_back({tensor_name(i, kMean), means_[i]});
    list.push_back({tensor_name(i, kVariance), variances_[i]});
  }
  return list;
}

/// Indices in the file of what statistics `index` are the mean of.
std::vector<std::size_t> RunningStatistics::sources(std::size_t index) const {
  if (!shared_ || fusion_ == FusionStrategy::none) return {index};
  const auto layers = topology_.groups()[index];
  if (fusion_ == FusionStrategy::choose_first) return {static_cast<std::size_t>(layers.front())};
  return {layers.begin(), layers.end()};
}

Status RunningStatistics::load(const TensorFile& file, const std::string& file_name) {
  const torch::NoGradGuard no_grad;
  const auto fill = [&](torch::Tensor target, std::size_t index, const char* kind) -> Status {
    const auto layers = sources(index);
    auto sum = torch::zeros_like(target);
    for (const auto layer : layers) {
      const auto name = tensor_name(layer, kind);
      auto value = torch::empty_like(target);
      SPIN_TRY(copy_checked(file.find(name), value, file_name + ": tensor '" + name + "'"));
      sum += value;
    }
    target.copy_(sum / static_cast<double>(layers.size()));
    return {};
  };
  for (std::size_t i = 0; i < means_.size(); ++i) {
    SPIN_TRY(fill(means_[i], i, kMean));
    SPIN_TRY(fill(variances_[i], i, kVariance));
  }
  return {};
}

}  // namespace spin
