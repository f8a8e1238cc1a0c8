#include "schema/job/names.h"

namespace spin {

template <>
std::span<const EnumName<JobState>> enum_names() {
  static constexpr auto kNames = names_of<JobState>(kJobStates, &StateFacts::state);
  return kNames;
}

template <>
std::span<const EnumName<Outcome>> enum_names() {
  static constexpr EnumName<Outcome> kNames[] = {{Outcome::completed, "completed"},
                                                 {Outcome::diverged, "diverged"}};
  return kNames;
}

template <>
std::span<const EnumName<FailureKind>> enum_names() {
  static constexpr EnumName<FailureKind> kNames[] = {{FailureKind::job_error, "job_error"},
                                                     {FailureKind::trainer_died, "trainer_died"},
                                                     {FailureKind::input_lost, "input_lost"},
                                                     {FailureKind::refused, "refused"},
                                                     {FailureKind::permanent, "permanent"}};
  return kNames;
}

template <>
std::span<const EnumName<FailureCause>> enum_names() {
  static constexpr EnumName<FailureCause> kNames[] = {{FailureCause::job, "job"},
                                                      {FailureCause::permanent, "permanent"},
                                                      {FailureCause::disk_full, "disk full"}};
  return kNames;
}

}  // namespace spin
