// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/plan/protocol.h"

#include <gtest/gtest.h>

namespace kdump::protocol {
namespace {

Event round_trip(const Event& event) {
  const std::string line = to_line(event);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Result<Event> back = event_from_line(std::string_view(line).substr(0, line.size() - 1));
  EXPECT_TRUE(back) << back.error().message();
  return back.value_or(Event{});
}

TEST(Protocol, EventsSurviveTheWay) {
  const Event events[] = {
      {.kind = EventKind::directory, .text = "/kdumproot/var/crash/x"},
      {.kind = EventKind::step, .text = "Copying data", .number = UINT64_MAX},
      {.kind = EventKind::progress, .number = 0},
      {.kind = EventKind::note, .text = "a \"quoted\"\nline"},
      {.kind = EventKind::saved, .text = "vmcore", .number = 5},
      {.kind = EventKind::summary,
       .summary = {.pages_total = 3,
                   .pages_written = 2,
                   .bytes_written = 1,
                   .page_size = 4096,
                   .requested_level = 31,
                   .dump_level = 15,
                   .classify_ms = 7,
                   .copy_ms = 8,
                   .reasons = {"too many free pages", ""},
                   .classes = {{"zero", 1}, {"free", 0}},
                   .rescued = {{"user", 4}}}},
      {.kind = EventKind::failed, .text = "no space left on device"},
      {.kind = EventKind::done},
  };
  for (const Event& event : events) EXPECT_EQ(round_trip(event), event);
}

TEST(Protocol, BytesThatAreNotTextDoNotThrow) {
  EXPECT_EQ(round_trip({.kind = EventKind::note,
                        .text = "a\xff"
                                "b"})
                .text,
            "a\uFFFD"
            "b");
}

TEST(Protocol, HostileLinesAreErrors) {
  const std::string deep(30000, '[');
  const std::string_view lines[] = {
      "",
      "{",
      "null",
      "[]",
      "5",
      "\x01\x02",
      deep,
      R"({"event":"boom"})",
      R"({"event":5})",
      R"({"event":"step","number":-1})",
      R"({"event":"step","number":1.5})",
      R"({"event":"step","number":1e99})",
      R"({"event":"step","number":"1"})",
      R"({"event":"note","text":{}})",
      R"({"event":"summary","summary":5})",
      R"({"event":"summary","summary":{"classes":{}}})",
      R"({"event":"summary","summary":{"classes":[5]}})",
      R"({"event":"summary","summary":{"pages_total":-4}})",
      R"({"event":"summary","summary":{"reasons":[5]}})",
      R"({"event":"summary","summary":{"reasons":"x"}})",
      R"({"event":"summary","summary":{"rescued":[5]}})",
      R"({"event":"progress","number":12)",
  };
  for (const std::string_view line : lines) EXPECT_FALSE(event_from_line(line)) << line.substr(0, 60);
}

TEST(Protocol, TooManyClassesAreRefused) {
  std::string line = R"({"event":"summary","summary":{"classes":[)";
  for (int i = 0; i < 40; ++i) line += i == 0 ? R"({"name":"x"})" : R"(,{"name":"x"})";
  EXPECT_FALSE(event_from_line(line + "]}}"));
}

TEST(Protocol, RequestSurvivesTheWay) {
  const Request request{.mode = Mode::finish,
                        .if_full = IfFull::smaller,
                        .target = 2,
                        .plan = "/plan.json",
                        .config = "/c",
                        .vmcore = "/v",
                        .directory = "/d",
                        .dump_directory = "/d/1",
                        .result = "{\n}"};
  const Result<Request> back = request_from_json(to_json(request));
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->mode, Mode::finish);
  EXPECT_EQ(back->if_full, IfFull::smaller);
  EXPECT_EQ(back->target, 2U);
  EXPECT_EQ(back->result, "{\n}");
  EXPECT_EQ(back->dump_directory, "/d/1");
}

TEST(Protocol, RequestWithoutAModeIsRefused) {
  EXPECT_FALSE(request_from_json("{}"));
  EXPECT_FALSE(request_from_json(""));
  EXPECT_FALSE(request_from_json(R"({"mode":"format_disk"})"));
}

TEST(LineReader, PutsPiecesTogether) {
  LineReader reader;
  EXPECT_TRUE(reader.feed("ab").empty());
  EXPECT_EQ(reader.feed("c\nd\n\ne"), (std::vector<std::string>{"abc", "d", ""}));
  EXPECT_EQ(reader.feed("\n"), (std::vector<std::string>{"e"}));
}

TEST(LineReader, DropsAnEndlessLineAndGoesOn) {
  LineReader reader;
  const std::string piece(40000, 'x');
  EXPECT_TRUE(reader.feed(piece).empty());
  EXPECT_TRUE(reader.feed(piece).empty());
  EXPECT_TRUE(reader.feed(piece).empty());
  EXPECT_EQ(reader.feed("tail\nnext\n"), (std::vector<std::string>{"next"}));
  EXPECT_EQ(reader.dropped(), 1U);
}

}  // namespace
}  // namespace kdump::protocol
