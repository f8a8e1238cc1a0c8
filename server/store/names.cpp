#include "server/store/names.h"

#include <array>
#include <string>
#include <utility>

namespace spin {
namespace {

template <class E>
using Name = std::pair<E, std::string_view>;

constexpr std::array<Name<JobState>, 10> kJobStates{{{JobState::waiting, "waiting"},
                                                     {JobState::ready, "ready"},
                                                     {JobState::backoff, "backoff"},
                                                     {JobState::running, "running"},
                                                     {JobState::completed, "completed"},
                                                     {JobState::diverged, "diverged"},
                                                     {JobState::failed, "failed"},
                                                     {JobState::blocked, "blocked"},
                                                     {JobState::cancelled, "cancelled"},
                                                     {JobState::paused, "paused"}}};
constexpr std::array<Name<Outcome>, 2> kOutcomes{
    {{Outcome::completed, "completed"}, {Outcome::diverged, "diverged"}}};
constexpr std::array<Name<ArtifactKind>, 3> kArtifactKinds{
    {{ArtifactKind::checkpoint, "checkpoint"}, {ArtifactKind::model, "model"}, {ArtifactKind::best, "best"}}};

using SettlementKind = core::Settlement::Kind;
constexpr std::array<Name<SettlementKind>, 3> kSettlementKinds{{{SettlementKind::pause, "pause"},
                                                                {SettlementKind::resume, "resume"},
                                                                {SettlementKind::cancel, "cancel"}}};
constexpr std::array<Name<core::Pass>, 2> kPasses{
    {{core::Pass::settling, "settling"}, {core::Pass::retrying, "retrying"}}};

/// Empty where the value is no enumerator: the table then refuses it.
template <class Names, class E>
std::string_view find_name(const Names& names, E value) {
  for (const auto& [candidate, name] : names)
    if (candidate == value) return name;
  return "";
}

template <class E, class Names>
Result<E> find_value(const Names& names, std::string_view text, const char* what) {
  for (const auto& [value, name] : names)
    if (name == text) return value;
  return Error{ErrorCode::data_loss, "the database holds '" + std::string(text) + "', which is no " + what};
}

}  // namespace

std::string_view text_of(JobState state) { return find_name(kJobStates, state); }
std::string_view text_of(Outcome outcome) { return find_name(kOutcomes, outcome); }
std::string_view text_of(ArtifactKind kind) { return find_name(kArtifactKinds, kind); }
std::string_view text_of(core::Settlement::Kind kind) { return find_name(kSettlementKinds, kind); }
std::string_view text_of(core::Pass pass) { return find_name(kPasses, pass); }

Result<JobState> job_state_from(std::string_view text) {
  return find_value<JobState>(kJobStates, text, "state of a job");
}
Result<Outcome> outcome_from(std::string_view text) {
  return find_value<Outcome>(kOutcomes, text, "outcome");
}
Result<ArtifactKind> artifact_kind_from(std::string_view text) {
  return find_value<ArtifactKind>(kArtifactKinds, text, "kind of artifact");
}
Result<core::Settlement::Kind> settlement_kind_from(std::string_view text) {
  return find_value<core::Settlement::Kind>(kSettlementKinds, text, "request to a sweep");
}
Result<core::Pass> pass_from(std::string_view text) {
  return find_value<core::Pass>(kPasses, text, "pass through a sweep");
}

}  // namespace spin
