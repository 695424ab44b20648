// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/time_span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kdump::conf {
namespace {

TEST(TimeSpan, FormsOfTheGrammar) {
  struct Case {
    const char* text;
    int64_t seconds;
  };
  for (const auto& [text, seconds] : {Case{"90", 90}, Case{"90s", 90}, Case{"15min", 900}, Case{"2h", 7200},
                                      Case{"0", 0}, Case{"720h", 2592000}})
    EXPECT_EQ(parse_time_span(text).value(), std::chrono::seconds(seconds)) << text;
}

TEST(TimeSpan, EverythingElseIsRefused) {
  for (const char* text : {"", "s", "min", "5 min", "5m", "5d", "-5", "+5", "1.5h", "0x10", "5S", "721h",
                           "99999999999999999999", "18446744073709551615h"})
    EXPECT_FALSE(parse_time_span(text)) << text;
  EXPECT_EQ(parse_time_span("5m").error().message(),
            "\"5m\" is not a time; write for example 90, 90s, 15min or 2h");
}

}  // namespace
}  // namespace kdump::conf
