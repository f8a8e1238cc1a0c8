#include "client/render/checks.h"

#include <sstream>

#include <gtest/gtest.h>

namespace spin::render {
namespace {

const std::vector<CheckRow> kChecks{
    {.name = "database", .state = CheckState::ok, .found = "whole", .advice = ""},
    {.name = "disk",
     .state = CheckState::failed,
     .found = "12.0 MiB free of /var/lib/spin",
     .advice = "make room, or move the artifacts"}};

TEST(Checks, TerminalShowsEverythingHoweverNarrow) {
  std::ostringstream out;
  write_checks(out, kChecks, {.width = 20});
  EXPECT_EQ(out.str(),
            "ok       database  whole\n"
            "failed   disk      12.0 MiB free of /var/lib/spin\n"
            "                   make room, or move the artifacts\n");
}

TEST(Checks, WhatAPeerSaysDoesNotSteerTheTerminal) {
  std::ostringstream out;
  write_checks(out, {{.name = "disk", .state = CheckState::ok, .found = "\x1b[2J", .advice = ""}}, {});
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos);
}

TEST(Checks, CsvHasEveryColumn) {
  std::ostringstream out;
  write_table(out, checks_table(kChecks), Format::csv, {});
  EXPECT_EQ(out.str(),
            "name,state,found,advice\r\ndatabase,ok,whole,\r\n"
            "disk,failed,12.0 MiB free of /var/lib/spin,\"make room, or move the artifacts\"\r\n");
}

}  // namespace
}  // namespace spin::render
