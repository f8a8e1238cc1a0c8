#include "schema/design/task.h"

#include <algorithm>
#include <utility>

#include "schema/design/memory.h"

namespace spin {
namespace {

std::vector<JobInput> inputs(const Train& train) {
  if (!train.init_from) return {};
  return {{InputRole::init, *train.init_from}};
}

Train canonical_of(Train train) { return canonical(std::move(train)); }

const std::vector<int>& groups(const Train& train) { return train.topology.layers(); }

std::int64_t memory(const Train& train) { return training_memory(train).total(); }

TaskSize size(const Train& train) {
  const auto memory = training_memory(train);
  return {trained_params(train), memory.activations, memory.total(), checkpoint_bytes(train)};
}

double work(const Train& train, const Cost& cost) {
  std::int64_t images = train.dataset.facts.train_images;
  const std::int64_t limit = train.dataset.train_limit;
  if (limit > 0) images = images > 0 ? std::min(images, limit) : limit;
  return static_cast<double>(train.training.epochs) * static_cast<double>(std::max<std::int64_t>(images, 1)) *
         static_cast<double>(cost.flops);
}

}  // namespace

std::vector<JobInput> inputs_of(const Task& task) {
  return std::visit([](const auto& one) { return inputs(one); }, task);
}

std::int64_t seed_of(const Task& task) {
  return std::visit([](const auto& one) { return one.seed; }, task);
}

const Dataset& dataset_of(const Task& task) {
  return std::visit([](const auto& one) -> const Dataset& { return one.dataset; }, task);
}

std::int64_t memory_of(const Task& task) {
  return std::visit([](const auto& one) { return memory(one); }, task);
}

const std::vector<int>& groups_of(const Task& task) {
  return std::visit([](const auto& one) -> const std::vector<int>& { return groups(one); }, task);
}

TaskSize size_of(const Task& task) {
  return std::visit([](const auto& one) { return size(one); }, task);
}

double work_of(const Task& task, const Cost& cost) {
  return std::visit([&](const auto& one) { return work(one, cost); }, task);
}

void place_data(Task& task, const std::string& root) {
  std::visit([&](auto& one) { one.dataset.root = root; }, task);
}

Task canonical(Task task) {
  return std::visit([](auto&& one) { return Task(canonical_of(std::move(one))); }, std::move(task));
}

Result<Task> task_from_json(const nlohmann::json& json) {
  SPIN_ASSIGN(auto train, config_from_json(json));
  return Task(std::move(train));
}

}  // namespace spin
