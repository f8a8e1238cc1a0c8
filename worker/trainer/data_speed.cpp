#include "worker/trainer/data_speed.h"

#include <chrono>
#include <cstdint>

#include "worker/trainer/batches.h"
#include "worker/trainer/data/training_steps.h"
#include "worker/trainer/event_log.h"

namespace spin {

Result<nlohmann::json> measure_data(Train config, const std::string& folder, const Runtime& runtime) {
  using Clock = std::chrono::steady_clock;
  DataStore store(runtime.device);
  SPIN_ASSIGN(const auto data, store.load(config.dataset, folder));
  for (const auto& note : data.notes) log_line(note);
  if (steps_per_epoch(data.train.size(), config.training) == 0)
    return Error{ErrorCode::invalid_argument,
                 "training.batch_size: " + std::to_string(config.training.batch_size) +
                     " images do not fit into the " + std::to_string(data.train.size()) + " training images"};
  config.training.epochs = 1;
  const auto start = Clock::now();
  const auto batches = training_batches(data, config, 0, runtime.threads);
  std::int64_t images = 0;
  for (;;) {
    SPIN_ASSIGN(const auto batch, batches->next());
    if (!batch) break;
    images += batch->labels.size(0);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return nlohmann::json{{"images", images},
                        {"seconds", seconds},
                        {"images_per_second", static_cast<double>(images) / seconds},
                        {"threads", runtime.threads},
                        {"damaged", data.train.damaged ? data.train.damaged->count() : 0}};
}

}  // namespace spin
