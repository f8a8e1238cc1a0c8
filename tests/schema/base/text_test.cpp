#include "schema/base/text.h"

#include <gtest/gtest.h>

namespace spin {
namespace {

TEST(Printable, LeavesWhatCanBeSeen) {
  EXPECT_EQ(printable("plain ± text, größe, 権重, 🧪"), "plain ± text, größe, 権重, 🧪");
  EXPECT_EQ(printable("e\u0301"), "e\u0301");
  EXPECT_EQ(printable("C:\\x"), "C:\\x");
}

TEST(Printable, WritesOutTerminalCommandsAndLineBreaks) {
  EXPECT_EQ(printable("a\nb\tc\r"), "a\\nb\\tc\\r");
  EXPECT_EQ(printable("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(printable(std::string_view("nul\0", 4)), "nul\\x00");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\u009b31m");  // the one-character form of the same
}

TEST(Printable, WritesOutWhatNobodySees) {
  EXPECT_EQ(printable("a\u00a0b\u200bc\u202Ed\ufeff"), "a\\u00a0b\\u200bc\\u202ed\\ufeff");
  EXPECT_EQ(printable("\u2028\u2066\u00ad\U000E0041"), "\\u2028\\u2066\\u00ad\\U000e0041");
}

TEST(Printable, WritesOutBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("cut \xE2\x82"), "cut \\xe2\\x82");
  EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf");           // overlong slash
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(printable("jos\xE9"), "jos\\xe9");              // Latin-1
}

TEST(HiddenCharacters, AreNamedOnceEach) {
  EXPECT_EQ(hidden_characters("plain größe 権重"), "");
  EXPECT_EQ(hidden_characters("a\u00a0\u00a0b\u200b"), "U+00A0 NO-BREAK SPACE, U+200B ZERO WIDTH SPACE");
  EXPECT_EQ(hidden_characters("\ufeffn\uff4e\u0430"),
            "U+FEFF ZERO WIDTH NO-BREAK SPACE (byte order mark), U+FF4E FULLWIDTH n, U+0430 CYRILLIC SMALL "
            "LETTER A");
  EXPECT_EQ(hidden_characters("jose\u0301"), "U+0301 COMBINING ACUTE ACCENT");
  EXPECT_EQ(hidden_characters("\x1b\x01"), "U+001B ESCAPE, U+0001");
}

TEST(AsSeen, IsWhatAPersonReads) {
  EXPECT_EQ(as_seen("\u00a0 d\u200bepth\u00a0"), "depth");
  EXPECT_EQ(as_seen("\uff4eame\uff1a"), "name:");
  EXPECT_EQ(as_seen("\u2212\u0031e\u20133"), "-1e-3");
  EXPECT_EQ(as_seen("b\u0430tch_size"), "batch_size");
  EXPECT_EQ(as_seen("e\u0301"), "e");
  EXPECT_EQ(as_seen("\u200b"), "");
  EXPECT_EQ(as_seen("größe"), "größe");
}

}  // namespace
}  // namespace spin
