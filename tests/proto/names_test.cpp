#include "schema/job/names.h"

#include <algorithm>
#include <cctype>

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include "spin/v1/control.pb.h"
#include "spin/v1/fleet.pb.h"

// The enumerators of the messages are those of schema, one for one.

namespace spin {
namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::toupper(letter); });
  return text;
}

template <class E>
void expect_same(const google::protobuf::EnumDescriptor* descriptor, const std::string& prefix) {
  const auto names = enum_names<E>();
  EXPECT_EQ(descriptor->value_count(), std::ssize(names) + 1) << descriptor->name();
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(names[i].value), i) << names[i].name;
    const auto* value = descriptor->FindValueByNumber(static_cast<int>(i) + 1);
    ASSERT_NE(value, nullptr) << names[i].name;
    EXPECT_EQ(value->name(), prefix + upper(std::string(names[i].name)));
  }
}

TEST(WireNames, AreThoseOfTheSchema) {
  expect_same<JobState>(v1::JobState_descriptor(), "JOB_STATE_");
  expect_same<Outcome>(v1::Outcome_descriptor(), "OUTCOME_");
  expect_same<FailureKind>(v1::FailureKind_descriptor(), "FAILURE_KIND_");
}

TEST(WireNames, CountsHaveAFieldForEveryState) {
  const auto* counts = v1::StateCounts::descriptor();
  EXPECT_EQ(counts->field_count(), std::ssize(kJobStates));
  for (const auto& facts : kJobStates)
    EXPECT_NE(counts->FindFieldByName(std::string(facts.name)), nullptr) << facts.name;
}

}  // namespace
}  // namespace spin
