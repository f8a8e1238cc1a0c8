#include "client/render/text.h"

#include <gtest/gtest.h>

#include "client/render/style.h"

namespace spin::render {
namespace {

TEST(Text, WidthCountsColumnsNotBytes) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("sequential 2"), 12U);
  EXPECT_EQ(display_width("89.12 ± 0.21"), 12U);
  EXPECT_EQ(display_width("e\u0301"), 1U);  // e and a combining acute
  EXPECT_EQ(display_width("権重"), 4U);
  EXPECT_EQ(display_width("🧪"), 2U);
  EXPECT_EQ(display_width("\xFF\xC3"), 2U);  // two invalid bytes, each shown as one replacement
}

TEST(Text, ShortenLeavesWhatFits) {
  EXPECT_EQ(shorten("sequential", 10, Cut::end), "sequential");
  EXPECT_EQ(shorten("sequential", 10, Cut::middle), "sequential");
}

TEST(Text, ShortenCutsWithAnEllipsisAtTheEnd) {
  EXPECT_EQ(shorten("sequential", 5, Cut::end), "sequ…");
  EXPECT_EQ(shorten("sequential", 1, Cut::end), "…");
  EXPECT_EQ(shorten("sequential", 0, Cut::end), "");
}

TEST(Text, ShortenKeepsBothEndsOfAName) {
  EXPECT_EQ(shorten("convmixer-64-8-4-3.mean.s0", 13, Cut::middle), "convmi…ean.s0");
  EXPECT_EQ(shorten("convmixer", 2, Cut::middle), "c…");
}

TEST(Text, ShortenNeverSplitsACharacter) {
  EXPECT_EQ(shorten("権重共有", 6, Cut::end), "権重…");
  // Three columns on each side of the ellipsis hold one character of two columns.
  EXPECT_EQ(shorten("権重共有", 7, Cut::middle), "権…有");
  EXPECT_EQ(shorten("e\u0301tude", 3, Cut::end), "e\u0301t…");
}

TEST(Text, ShortenAtTheFrontKeepsTheEnd) {
  EXPECT_EQ(shorten("convmixer-64-8-4-3.mean.s0", 13, Cut::front), "conv….mean.s0");
  EXPECT_EQ(shorten("convmixer-64-8-4-3.mean.s0", 13, Cut::front, Charset::ascii), "conv...ean.s0");
  EXPECT_EQ(shorten("convmixer", 2, Cut::end, Charset::ascii), "..");
}

TEST(Charset, IsWhatTheLocaleSays) {
  EXPECT_EQ(charset_of_locale(nullptr, nullptr, nullptr), Charset::ascii);
  EXPECT_EQ(charset_of_locale("C", nullptr, "en_US.UTF-8"), Charset::ascii);
  EXPECT_EQ(charset_of_locale("", "", "en_US.UTF-8"), Charset::utf8);
  EXPECT_EQ(charset_of_locale(nullptr, "C.utf8", nullptr), Charset::utf8);
  EXPECT_EQ(charset_of_locale(nullptr, nullptr, "de_DE.ISO-8859-1"), Charset::ascii);
  EXPECT_EQ(charset_of_locale(nullptr, nullptr, "xx_UTF-8"), Charset::ascii);  // no such locale
}

}  // namespace
}  // namespace spin::render
