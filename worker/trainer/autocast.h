#pragma once

#include <torch/torch.h>

#include "schema/design/training.h"

namespace spin {

/// Whether bf16 arithmetic is faster than fp32 on `device`: on a CPU, only one that has instructions for it.
bool has_fast_bf16(torch::Device device);

/// While it lives, LibTorch computes convolutions, linear layers and matrix products of this thread on
/// `device` in the given precision, and what needs the range of fp32 in fp32; parameters stay fp32. It ends
/// before backward(), which follows the types that forward took.
class Autocast {
 public:
  Autocast(torch::Device device, Precision precision);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  torch::Device device_;
  bool active_;
};

}  // namespace spin
