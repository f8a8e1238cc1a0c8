#include "schema/sweep/number.h"

#include <limits>

#include "tests/schema/sweep/sweep_text.h"

namespace spin::sweep {
namespace {

std::optional<double> real(std::string_view text) {
  const auto read = read_number(text);
  double value = 0;
  if (const auto* number = std::get_if<Number>(&read); number && to_double(*number, value)) return value;
  return std::nullopt;
}

std::optional<std::int64_t> whole(std::string_view text) {
  const auto read = read_number(text);
  std::int64_t value = 0;
  if (const auto* number = std::get_if<Number>(&read); number && to_whole(*number, value)) return value;
  return std::nullopt;
}

std::string advice(std::string_view text) {
  const auto read = read_number(text);
  const auto* refused = std::get_if<NotANumber>(&read);
  EXPECT_TRUE(refused) << text;
  return refused ? refused->advice : "";
}

TEST(Number, EverySpellingOfYamlIsRead) {
  for (const char* text : {"0.001", "1e-3", "1E-3", "1.0e-3", "1.e-3", ".001", "+.001", "+1e-03", "10e-4",
                           "0.000_001e3", "0.0010", "00.001"})
    EXPECT_EQ(real(text), 0.001) << text;
  EXPECT_EQ(real("5."), 5.0);
  EXPECT_EQ(real("-.5"), -0.5);
  EXPECT_EQ(real("0x10"), 16.0);
  EXPECT_EQ(real("-0"), 0.0);
  EXPECT_EQ(real("1e-400"), 0.0);
  EXPECT_EQ(real("1.7976931348623157e308"), std::numeric_limits<double>::max());
}

TEST(Number, WholeNumbersToo) {
  for (const char* text : {"1000", "+1000", "1_000", "1e3", "1E+3", "1.0e3", "1000.", "1000.0", "0.1e4",
                           "0x3e8", "0X3E8", "0o1750", "0b1111101000", "100000e-2"})
    EXPECT_EQ(whole(text), 1000) << text;
  EXPECT_EQ(whole("0"), 0);
  EXPECT_EQ(whole("0.0"), 0);
  EXPECT_EQ(whole("-12"), -12);
  EXPECT_EQ(whole("9007199254740993"), 9007199254740993);
  EXPECT_EQ(whole("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(whole("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* text : {"2.5", "1e-1", "9223372036854775808", "1e19", "1e100000"})
    EXPECT_EQ(whole(text), std::nullopt) << text;
}

TEST(Number, WhatIsNoneIsNot) {
  for (const char* text : {"",
                           "-",
                           "+",
                           ".",
                           "e3",
                           "1e",
                           "1e+",
                           "--1",
                           "+-1",
                           "1.2.3",
                           "0x",
                           "0xg",
                           "0x-1",
                           "_1",
                           "1_",
                           "1__0",
                           ".inf",
                           "-.inf",
                           ".nan",
                           "inf",
                           "nan",
                           "infinity",
                           "1e999",
                           "1e1000000000000",
                           "1e-9223372036854775808",
                           "abc",
                           "0o8",
                           "0b2",
                           "\u22121"})
    EXPECT_EQ(real(text), std::nullopt) << text;
  EXPECT_EQ(real(std::string(1'000, '1')), std::nullopt);
}

TEST(Number, WhatMayBeTwoNumbersIsToldWhatWouldDo) {
  EXPECT_EQ(advice("024"),
            "begins with 0, so that it is 20 to YAML 1.1 and 24 to YAML 1.2; write 0o24 or 24");
  EXPECT_EQ(advice("-024"),
            "begins with 0, so that it is 20 to YAML 1.1 and 24 to YAML 1.2; write -0o24 or -24");
  EXPECT_EQ(advice("000"), "begins with 0, as the rest of a number with a comma in a list does; write 0");
  EXPECT_EQ(advice("08"), "begins with 0, as the rest of a number with a comma in a list does; write 8");
  EXPECT_EQ(advice("1:30"), "is 90 to YAML 1.1 and text to YAML 1.2; write 90");
  EXPECT_EQ(advice("1,000"),
            "has a comma, which some read as a point and some not at all; write 1.000 or 1000");
  EXPECT_EQ(advice("1,000,000"), "has commas; write 1000000");
  EXPECT_EQ(advice("12 M"), "is no number of YAML; write 12e6");
  EXPECT_EQ(advice("10%"), "is no number of YAML; write 0.1");
  EXPECT_EQ(advice("1 000"), "is no number of YAML; write 1000");
}

TEST(Number, SpellingsOfAFileAreOneJob) {
  const auto id = only_id(small_sweep("training.lr: 0.001\ntraining.batch_size: 100\n"));
  for (const char* more :
       {"training.lr: 1e-3\ntraining.batch_size: 1e2\n", "training.lr: 1.0E-3\ntraining.batch_size: 100.0\n",
        "training.lr: .001\ntraining.batch_size: +100\n",
        "training.lr: 0.000_001e3\ntraining.batch_size: 0x64\n"})
    EXPECT_EQ(only_id(small_sweep(more)), id) << more;
  const auto residual = good_plan(small_sweep("network.pointwise_residual: True\n"));
  EXPECT_TRUE(train_of(residual.jobs.at(0)).network.pointwise_residual);
  EXPECT_EQ(good_plan(small_sweep("requires: {memory: 1.5 GiB}\n")).requirements.memory_bytes,
            std::int64_t{3} << 29);
}

TEST(Number, AnAmbiguousOneIsRefusedByFileAndLine) {
  EXPECT_EQ(
      bad_plan(small_sweep("network.heads: 010\n")).message,
      "s.yaml:6: network.heads: '010' begins with 0, so that it is 8 to YAML 1.1 and 10 to YAML 1.2; write "
      "0o10 or 10");
  EXPECT_EQ(
      bad_plan(small_sweep("seeds: [1,000]\n")).message,
      "s.yaml:6: seeds: '000' begins with 0, as the rest of a number with a comma in a list does; write 0");
  EXPECT_EQ(bad_plan(small_sweep("limits: {params: 12M}\n")).message,
            "s.yaml:6: limits.params: '12M' is no number of YAML; write 12e6");
  EXPECT_EQ(bad_plan(small_sweep("seeds: [9223372036854775808]\n")).message,
            "s.yaml:6: seeds: '9223372036854775808' stands here; a whole number from -2^63 to below 2^63 is "
            "expected");
}

TEST(Number, ASeedAboveTheWholeNumbersOfADoubleIsExact) {
  const auto planned = good_plan(small_sweep("seeds: [9007199254740993]\n"));
  EXPECT_EQ(train_of(planned.jobs.at(0)).seed, 9007199254740993);
}

}  // namespace
}  // namespace spin::sweep
