#include "tests/worker/trainer/flops.h"

#include <memory>
#include <string_view>
#include <utility>

#include <ATen/record_function.h>
#include <torch/torch.h>

namespace spin {
namespace {

constexpr std::int64_t kBatchNormFlops = 2;
constexpr std::int64_t kLayerNormFlops = 5;

struct Tally {
  std::int64_t flops = 0;
  int depth = 0;  // of counted operations, which may call others that count
};
thread_local Tally tally;

/// Alive while a counted operation runs.
struct Operation : at::ObserverContext {
  std::int64_t flops_per_element = 0;  // of the output
};

/// FLOPs of one output element; 0 for operations that the paper does not count.
std::int64_t flops_per_element(std::string_view name, c10::ArrayRef<const c10::IValue> inputs) {
  if (name == "aten::batch_norm") return kBatchNormFlops;
  if (name == "aten::layer_norm") return kLayerNormFlops;
  if (name == "aten::conv2d") {
    const auto& weight = inputs[1].toTensor();  // [out, in / groups, K, K]
    return weight.numel() / weight.size(0);
  }
  if (name == "aten::linear") return inputs[1].toTensor().size(1);  // weight [out, in]
  if (name == "aten::bmm") return inputs[0].toTensor().size(2);     // [B, rows, inner]
  return 0;
}

std::unique_ptr<at::ObserverContext> start(const at::RecordFunction& function) {
  if (tally.depth > 0) return nullptr;
  const auto flops = flops_per_element(function.name(), function.inputs());
  if (flops == 0) return nullptr;
  ++tally.depth;
  auto operation = std::make_unique<Operation>();
  operation->flops_per_element = flops;
  return operation;
}

void end(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr) return;
  --tally.depth;
  if (function.outputs().empty()) return;  // it threw
  tally.flops +=
      function.outputs().front().toTensor().numel() * static_cast<Operation*>(context)->flops_per_element;
}

/// Counts while it lives.
class Recording {
 public:
  Recording()
      : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(start, end)
                                               .needsInputs(true)
                                               .needsOutputs(true)
                                               .scopes({at::RecordScope::FUNCTION}))) {
    tally = {};
  }
  ~Recording() { at::removeCallback(handle_); }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace

std::int64_t count_flops(const std::function<void()>& work) {
  const Recording recording;
  work();
  return tally.flops;
}

}  // namespace spin
