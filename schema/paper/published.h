#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace spin {

/// A figure as the paper prints it: its digits are its precision.
struct PrintedNumber {
  std::string_view text;
  double value = 0;
  /// One in the last printed digit: 0.01 of "11.02". The paper rounds some figures and cuts others off.
  [[nodiscard]] double unit() const;
};

/// A row of the paper's tables with the configuration that produced it, spelled as sweep files spell it.
/// Table 7 has none of its own: it repeats rows of Tables 5 and 6 beside networks of other people.
struct PublishedRow {
  int table = 0;
  int number = 0;            ///< from 1, within its table
  std::string_view network;  ///< the paper's name: "WS-ConvMixer"
  std::string_view family;
  int channels = 0;
  int depth = 0;
  int patch = 0;
  std::optional<int> kernel;  ///< none for deit
  int resolution = 0;
  std::string_view distribution;  ///< "none" without sharing
  std::string_view mapping;
  int share_rate = 1;
  std::string_view shared_components;  ///< "pointwise+depthwise", empty without sharing
  std::optional<int> transform_group;
  std::string_view fusion;
  std::string_view init;
  PrintedNumber params_m;
  PrintedNumber flops_g;
  std::optional<PrintedNumber> top1;  ///< percent on ImageNet; none where training diverged
};

/// Every row, in the order of the paper.
const std::vector<PublishedRow>& published_rows();
/// Those of one table; none where the paper has no such table of results.
std::vector<PublishedRow> published_rows(int table);

}  // namespace spin
