#include "client/render/table.h"

#include <limits>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "client/render/cells.h"

namespace spin::render {
namespace {

std::string table_text(const Table& table, Format format, const Style& style = {}) {
  std::ostringstream out;
  write_table(out, table, format, style);
  return out.str();
}

Table table_of(std::vector<Column> columns, std::vector<Row> rows) {
  const std::size_t count = rows.size();
  return {std::move(columns), count, [rows = std::move(rows)](std::size_t i) { return rows[i]; }};
}

Table networks() {
  return table_of(
      {{.key = "name", .title = "name", .shrink = 1, .min_width = 8, .cut = Cut::middle},
       {.key = "params", .title = "params", .align = Align::right},
       {.key = "note", .title = "note", .shrink = 2, .min_width = 6}},
      {{text_cell("convmixer-64-8-4-3"), quantity_cell(52'100), text_cell("the unshared network")},
       {text_cell("convmixer-64-4-4-3"), quantity_cell(999), text_cell("")}});
}

TEST(Table, AlignsColumnsWithoutTrailingSpaces) {
  EXPECT_EQ(table_text(networks(), Format::table),
            "name                params  note\n"
            "convmixer-64-8-4-3  52.1 k  the unshared network\n"
            "convmixer-64-4-4-3     999\n");
}

TEST(Table, ShrinksByPriorityAndOnlyAsFarAsNeeded) {
  EXPECT_EQ(table_text(networks(), Format::table, {.width = 44}),
            "name                params  note\n"
            "convmixer-64-8-4-3  52.1 k  the unshared ne…\n"
            "convmixer-64-4-4-3     999\n");
}

TEST(Table, ShrinksTheNextColumnOnceTheFirstIsAtItsLeast) {
  EXPECT_EQ(table_text(networks(), Format::table, {.width = 28}),
            "name          params  note\n"
            "convmi…8-4-3  52.1 k  the u…\n"
            "convmi…4-4-3     999\n");
}

TEST(Table, NeverShrinksNumbers) {
  EXPECT_EQ(table_text(networks(), Format::table, {.width = 5}),
            "name        params  note\n"
            "conv…8-4-3  52.1 k  the u…\n"
            "conv…4-4-3     999\n");
}

Table sharings() {
  return table_of({{.key = "sharing", .title = "sharing", .shrink = 1, .min_width = 6},
                   {.key = "flops", .title = "FLOPs", .align = Align::right, .rank = 2},
                   {.key = "params", .title = "params", .align = Align::right, .rank = 1}},
                  {{text_cell("sequential 2"), text_cell("1.99 M"), text_cell("25.9 k")},
                   {text_cell("sequential 4"), text_cell("1.99 M"), text_cell("17.7 k")}});
}

TEST(Table, WhatTellsRowsApartIsNotCutOff) {
  EXPECT_EQ(table_text(sharings(), Format::table, {.width = 24}),
            "sharing    FLOPs  params\n"
            "sequ…l 2  1.99 M  25.9 k\n"
            "sequ…l 4  1.99 M  17.7 k\n");
  const auto deep =
      table_of({{.key = "name", .title = "name", .shrink = 1, .min_width = 5}},
               {{text_cell("convmixer-64-2-4-3.a-long-end")}, {text_cell("convmixer-64-8-4-3.a-long-end")}});
  std::istringstream lines(table_text(deep, Format::table, {.width = 12}));
  std::set<std::string> different;
  for (std::string line; std::getline(lines, line);) different.insert(line);
  EXPECT_EQ(different.size(), 3U);
}

TEST(Table, ProseThatDiffersBeyondTheCutDoesNotPushOthersOut) {
  const auto failures = table_of(
      {{.key = "name", .title = "name", .shrink = 2, .min_width = 4},
       {.key = "worker", .title = "worker", .rank = 1},
       {.key = "reason", .title = "reason", .shrink = 1, .min_width = 10, .tells_apart = false}},
      {{text_cell("a"), text_cell("gpu1"), text_cell("the trainer ended while reading 1.jpg of /data/pets")},
       {text_cell("b"), text_cell("gpu1"),
        text_cell("the trainer ended while reading 2.jpg of /data/pets")}});
  EXPECT_EQ(table_text(failures, Format::table, {.width = 28}),
            "name  worker  reason\n"
            "a     gpu1    the trainer e…\n"
            "b     gpu1    the trainer e…\n");
}

TEST(Table, LeavesOutTheLeastImportantColumnAndSaysSo) {
  EXPECT_EQ(table_text(sharings(), Format::table, {.width = 20}),
            "sharing       params\n"
            "sequential 2  25.9 k\n"
            "sequential 4  17.7 k\n"
            "not shown at this width: FLOPs\n");
  EXPECT_EQ(table_text(sharings(), Format::table, {.width = 9}),
            "sharing\n"
            "sequ…al 2\n"
            "sequ…al 4\n"
            "not shown at this width: FLOPs, params\n");
}

TEST(Table, IsAsciiWhereTheTerminalIs) {
  const auto table =
      table_of({{.key = "a", .title = "a", .shrink = 1, .min_width = 8}, {.key = "b", .title = "b"}},
               {{text_cell("sequential 2"), text_cell("89.12 ± 0.21")},
                {text_cell("jos\u00e9"), text_cell("x\xFFy")}});
  EXPECT_EQ(table_text(table, Format::table, {.width = 23, .charset = Charset::ascii}),
            "a         b\n"
            "seque...  89.12 +- 0.21\n"
            "jos\\u...  x\\xffy\n");
}

TEST(Table, FitsWideCharacters) {
  const auto table =
      table_of({{.key = "a", .title = "a", .shrink = 1, .min_width = 3}, {.key = "b", .title = "b"}},
               {{text_cell("権重共有"), text_cell("x")}, {text_cell("é"), text_cell("y")}});
  EXPECT_EQ(table_text(table, Format::table), "a         b\n権重共有  x\né         y\n");
  EXPECT_EQ(table_text(table, Format::table, {.width = 8}), "a      b\n権重…  x\né      y\n");
}

TEST(Table, LeavesOutColumnsThatSayNothing) {
  const std::vector<Column> columns{{.key = "name", .title = "name"},
                                    {.key = "transform", .title = "transform", .drop_if = "none"}};
  const auto plain =
      table_of(columns, {{text_cell("a"), text_cell("none")}, {text_cell("b"), text_cell("none")}});
  EXPECT_EQ(table_text(plain, Format::table), "name\na\nb\n");
  EXPECT_EQ(table_text(plain, Format::markdown), "| name |\n| --- |\n| a |\n| b |\n");
  EXPECT_EQ(table_text(plain, Format::csv), "name,transform\r\na,none\r\nb,none\r\n");
  const auto mixed =
      table_of(columns, {{text_cell("a"), text_cell("none")}, {text_cell("b"), text_cell("affine 64")}});
  EXPECT_EQ(table_text(mixed, Format::table), "name  transform\na     none\nb     affine 64\n");
}

TEST(Table, ColoursSurroundTextAndNotPadding) {
  const auto table =
      table_of({{.key = "state", .title = "state"}, {.key = "n", .title = "n", .align = Align::right}},
               {{text_cell("ok", Tone::good), whole_cell(7)}});
  EXPECT_EQ(table_text(table, Format::table, {.colour = true}),
            "\x1b[1mstate\x1b[0m  \x1b[1mn\x1b[0m\n\x1b[32mok\x1b[0m     7\n");
  EXPECT_EQ(table_text(table, Format::json, {.colour = true}).find('\x1b'), std::string::npos);
}

TEST(Table, ControlCharactersOfOthersDoNotReachTheTerminal) {
  const auto table = table_of({{.key = "a", .title = "a"}}, {{text_cell("x\x1b[2Jy\nz")}});
  EXPECT_EQ(table_text(table, Format::table), "a\nx\\x1b[2Jy\\nz\n");
}

TEST(Json, CarriesRawNumbersAndNulls) {
  const auto table = table_of({{.key = "name", .title = "x"},
                               {.key = "params", .title = "x"},
                               {.key = "top1", .title = "x"},
                               {.key = "missing", .title = "x"},
                               {.key = "nan", .title = "x"},
                               {.key = "list", .title = "x"},
                               {.key = "words", .title = "x"},
                               {.key = "for_people", .title = "x", .audience = Audience::people}},
                              {{text_cell("say \"hi\"\n±"),
                                quantity_cell(11'030'000),
                                {"0.10", 0.1, Tone::plain},
                                number_cell(std::nullopt, share),
                                {"", std::numeric_limits<double>::quiet_NaN(), Tone::plain},
                                value_cell(std::vector<int>{0, 0, 1}),
                                value_cell(std::vector<std::string>{"a", "b"}),
                                text_cell("no")}});
  const auto parsed = nlohmann::json::parse(table_text(table, Format::json));
  EXPECT_EQ(parsed, nlohmann::json::parse(R"([{"name": "say \"hi\"\n±", "params": 11030000, "top1": 0.1,
      "missing": null, "nan": null, "list": [0, 0, 1], "words": ["a", "b"]}])"));
}

TEST(Json, EmptyListingIsAnEmptyArray) {
  EXPECT_EQ(table_text(table_of({{.key = "a", .title = "a"}}, {}), Format::json), "[]\n");
}

TEST(Json, InvalidUtf8IsReplaced) {
  const auto table = table_of({{.key = "a", .title = "a"}}, {{text_cell("x\xFFy")}});
  EXPECT_EQ(nlohmann::json::parse(table_text(table, Format::json))[0]["a"], "x\uFFFDy");
}

TEST(Csv, QuotesAsRfc4180Says) {
  const auto table = table_of(
      {{.key = "a", .title = "a"},
       {.key = "b", .title = "b"},
       {.key = "c", .title = "c"},
       {.key = "d", .title = "d"}},
      {{text_cell("plain"), text_cell("with, comma"), text_cell("say \"hi\""), text_cell("two\nlines")},
       {quantity_cell(52'100),
        number_cell(std::nullopt, share),
        {"", 0.25, Tone::plain},
        value_cell(std::vector<int>{0, 0, 1})}});
  EXPECT_EQ(table_text(table, Format::csv),
            "a,b,c,d\r\n"
            "plain,\"with, comma\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
            "52100,,0.25,0 0 1\r\n");
}

TEST(Csv, ATerminalGetsNoControlCharacters) {
  const auto table = table_of({{.key = "a", .title = "a"}}, {{text_cell("\x1b[2J\u009b, \u202ex\nend")}});
  EXPECT_EQ(table_text(table, Format::csv, {.is_terminal = true}),
            "a\r\n\"\\x1b[2J\\u009b, \\u202ex\\nend\"\r\n");
  EXPECT_EQ(table_text(table, Format::csv), "a\r\n\"\x1b[2J\u009b, \u202ex\nend\"\r\n")
      << "a file gets the text";
}

TEST(Json, NothingInItSteersATerminalAndAllOfItIsKept) {
  const std::string text = "\x1b[2J \x7f \u009b \u0085 \u061c \u200e \u2028 \u202e \u2069 \u00b1 \U0001F600";
  const auto table = table_of({{.key = "a", .title = "a"}}, {{text_cell(text)}});
  const auto written = table_text(table, Format::json);
  EXPECT_EQ(written,
            "[\n  {\"a\": \"\\u001b[2J \\u007f \\u009b \\u0085 \\u061c \\u200e \\u2028 \\u202e \\u2069 "
            "\u00b1 \U0001F600\"}\n]\n");
  EXPECT_EQ(nlohmann::json::parse(written)[0]["a"], text);
}

TEST(Markdown, EscapesWhatMarkdownWouldRead) {
  const auto table = table_of({{.key = "a", .title = "a"}, {.key = "b", .title = "b", .align = Align::right}},
                              {{text_cell("x|y\\z *w* `c` <b>\nnext"), quantity_cell(52'100)}});
  EXPECT_EQ(table_text(table, Format::markdown),
            "| a | b |\n| --- | ---: |\n| x\\|y\\\\z \\*w\\* \\`c\\` &lt;b>\\\\nnext | 52.1 k |\n");
}

TEST(Style, ColourNeedsATerminalThatWantsIt) {
  EXPECT_TRUE(wants_colour(true, nullptr, "xterm-256color"));
  EXPECT_TRUE(wants_colour(true, "", "xterm"));
  EXPECT_FALSE(wants_colour(false, nullptr, "xterm"));
  EXPECT_FALSE(wants_colour(true, "1", "xterm"));
  EXPECT_FALSE(wants_colour(true, nullptr, "dumb"));
  EXPECT_FALSE(wants_colour(true, nullptr, nullptr));
}

}  // namespace
}  // namespace spin::render
