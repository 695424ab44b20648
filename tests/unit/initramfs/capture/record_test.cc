// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kdump::capture {
namespace {

using nlohmann::json;

TEST(Record, HoldsWhatHappened) {
  Record record;
  record.saved = true;
  record.kernel_release = "6.1.0";
  record.steps = {{.name = "mount", .seconds = 0.01234, .error = ""},
                  {.name = "unmount", .seconds = 2, .error = "busy"}};
  record.begin_target("UUID=u /x");
  record.target().error = "gone";
  record.begin_target("LABEL=l /y");
  record.target().device = "/dev/vdb";
  record.target().directory = "/y/127";
  record.target().files = {{.name = "vmcore", .bytes = 37}};
  record.warnings = {"unmount: busy"};
  record.has_summary = true;
  record.summary = {.pages_total = 10,
                    .pages_written = 4,
                    .bytes_written = 99,
                    .page_size = 4096,
                    .requested_level = 31,
                    .dump_level = 15,
                    .classify_ms = 27,
                    .copy_ms = 1964,
                    .reasons = {"too many free pages"},
                    .classes = {{"zero", 6}},
                    .rescued = {{"user", 3}}};
  const json object = json::parse(to_json(record, {.total_kib = 91848, .available_min_kib = 55340}));
  EXPECT_EQ(object["version"], 1);
  EXPECT_EQ(object["saved"], true);
  EXPECT_EQ(object["steps"][0]["seconds"], 0.012);
  EXPECT_EQ(object["steps"][0]["ok"], true);
  EXPECT_EQ(object["steps"][1]["error"], "busy");
  EXPECT_EQ(object["dump"]["pages"]["total"], 10);
  EXPECT_EQ(object["dump"]["pages"]["zero"], 6);
  EXPECT_EQ(object["dump"]["copy_seconds"], 1.964);
  EXPECT_EQ(object["dump"]["requested_level"], 31);
  EXPECT_EQ(object["dump"]["dump_level"], 15);
  EXPECT_EQ(object["dump"]["reasons"], json::array({"too many free pages"}));
  EXPECT_EQ(object["dump"]["rescued"]["user"], 3);
  EXPECT_EQ(object["memory"]["available_min_kib"], 55340);
  EXPECT_EQ(object["files"][0]["bytes"], 37);
  EXPECT_EQ(object["target"], "/dev/vdb (LABEL=l /y)");
  EXPECT_EQ(object["directory"], "/y/127");
  EXPECT_EQ(object["targets"][0]["error"], "gone");
  EXPECT_EQ(object["targets"][1]["name"], "LABEL=l /y");
  EXPECT_FALSE(object["targets"][1].contains("error"));
}

TEST(Record, WithoutADumpThereAreNoNumbersOfOne) {
  const json object = json::parse(to_json(Record{}, {}));
  EXPECT_FALSE(object.contains("dump"));
  EXPECT_EQ(object["saved"], false);
}

TEST(Record, ForeignBytesDoNotThrow) {
  Record record;
  record.failure = "worker said \xff\xfe";
  EXPECT_NO_THROW({ [[maybe_unused]] const std::string text = to_json(record, {}); });
}

TEST(Record, KnowsItsFiles) {
  const TargetRecord target{.name = "t", .files = {{.name = "vmcore-dmesg.txt", .bytes = 1}}};
  EXPECT_TRUE(target.has_file("vmcore-dmesg.txt"));
  EXPECT_FALSE(target.has_file("vmcore"));
}

TEST(Record, ATargetThatIsTriedAgainGoesOnWithItsRecord) {
  Record record;
  EXPECT_EQ(record.begin_target("a"), 1U);
  record.target().device = "/dev/vda";
  EXPECT_EQ(record.begin_target("b"), 2U);
  EXPECT_EQ(record.target().device, "");
  EXPECT_EQ(record.begin_target("a"), 2U);
  EXPECT_EQ(record.target().device, "/dev/vda");
}

}  // namespace
}  // namespace kdump::capture
