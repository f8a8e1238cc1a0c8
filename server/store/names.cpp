#include "server/store/names.h"

namespace spin {

template <>
std::span<const EnumName<core::Settlement::Kind>> enum_names() {
  using Kind = core::Settlement::Kind;
  static constexpr EnumName<Kind> kNames[] = {
      {Kind::pause, "pause"}, {Kind::resume, "resume"}, {Kind::cancel, "cancel"}};
  return kNames;
}

template <>
std::span<const EnumName<core::Pass>> enum_names() {
  static constexpr EnumName<core::Pass> kNames[] = {{core::Pass::settling, "settling"},
                                                    {core::Pass::retrying, "retrying"}};
  return kNames;
}

}  // namespace spin
