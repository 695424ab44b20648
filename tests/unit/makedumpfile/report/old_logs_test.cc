// SPDX-License-Identifier: GPL-2.0-or-later
// Logs of kernels before 5.10. golden/*.txt say what a kernel logged and what is to come out: a first line
// "records STRUCT SIZE_OF_IT|caller LOG_BUF_LEN" or "flat LOG_BUF_LEN"; then, in order, "add TS_NSEC
// T<task>|C<cpu> TEXT", "dict …" which has a dictionary after a '|', "text TEXT" and "clear"; \n, \t and \xNN
// in a TEXT are those bytes.
#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

#include "common/file.h"
#include "common/text.h"
#include "makedumpfile/report/dmesg.h"
#include "tests/unit/makedumpfile/support/fake_old_logs.h"

namespace kdump {
namespace {

using test::FakeFlatLog;
using test::FakeKernel;
using test::FakeRecordLog;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The log, or what there is of it and "error: ".
std::string log_of(FakeKernel& kernel, LogPart part = LogPart::whole) {
  const auto info = kernel.info();
  std::string text;
  const auto collect = [&](std::string_view line) -> Status {
    EXPECT_TRUE(line.ends_with('\n'));
    text += line;
    return {};
  };
  const Status read = read_dmesg(*info, collect, part);
  return read ? text : text + "error: " + read.error().message();
}

std::string unescaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    const char kind = text[++i];
    if (kind == 'x') {
      result += static_cast<char>(parse_u64(text.substr(i + 1, 2), 16).value());
      i += 2;
    } else {
      result += kind == 'n' ? '\n' : '\t';
    }
  }
  return result;
}

// Takes the next word off `line`.
std::string_view next_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

uint32_t caller_of(std::string_view word) {
  const auto number = static_cast<uint32_t>(parse_u64(word.substr(1)).value());
  return word[0] == 'C' ? number | 0x80000000 : number;
}

class Machine {
 public:
  void obey(std::string_view line) {
    const std::string_view verb = next_word(line);
    if (verb == "records") return begin_records(line);
    if (verb == "flat") return void(flat_.emplace(kernel, parse_u64(line).value()));
    if (verb == "clear") return records_ ? records_->clear() : flat_->clear();
    if (verb == "text") return flat_->add(unescaped(line));
    const uint64_t ts_nsec = parse_u64(next_word(line)).value();
    const uint32_t caller = caller_of(next_word(line));
    const size_t bar = verb == "dict" ? line.find('|') : line.size();
    records_->add(ts_nsec, caller, unescaped(line.substr(0, bar)),
                  verb == "dict" ? line.substr(bar + 1) : "");
  }

  FakeKernel kernel;

 private:
  void begin_records(std::string_view line) {
    const std::string type(next_word(line));
    const std::string_view header = next_word(line);
    const auto size = static_cast<uint32_t>(parse_u64(line).value());
    records_.emplace(kernel, size, FakeRecordLog::Layout{.type = type, .has_caller = header == "caller"});
  }

  std::optional<FakeRecordLog> records_;
  std::optional<FakeFlatLog> flat_;
};

std::string golden_folder() { return KDUMP_SOURCE_DIR "/tests/unit/makedumpfile/report/golden/"; }

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder()))
    names.push_back(entry.path().stem().string());
  return names;
}

class GoldenLog : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenLog, ComesOutAsWritten) {
  const std::string text = read_text_file(golden_folder() + GetParam() + ".txt").value();
  const size_t whole = text.find("--- whole\n"), rest = text.find("--- since_clear\n");
  ASSERT_NE(whole, std::string::npos);
  ASSERT_NE(rest, std::string::npos);
  Machine machine, other;
  for (const std::string_view line : split_lines(std::string_view(text).substr(0, whole))) {
    if (line.starts_with('#') || line.empty()) continue;
    machine.obey(line);
    other.obey(line);
  }
  EXPECT_EQ(log_of(machine.kernel), text.substr(whole + 10, rest - whole - 10));
  EXPECT_EQ(log_of(other.kernel, LogPart::since_clear), text.substr(rest + 16));
}

INSTANTIATE_TEST_SUITE_P(All, GoldenLog, ::testing::ValuesIn(golden_names()), [](const auto& test) {
  std::string name = test.param;
  std::ranges::replace(name, '.', '_');
  return name;
});

class HostileRecords : public ::testing::Test {
 protected:
  HostileRecords() {
    for (uint64_t i = 0; i < 3; ++i) log.add(i * 1'000'000'000, 0, "record");
  }
  static constexpr const char* kFirst = "[    0.000000] record\n";

  FakeKernel kernel;
  FakeRecordLog log{kernel, 256, {}};
};

TEST_F(HostileRecords, WhatComesBeforeTheDamageIsThere) {
  log.put(log.record(1), 8, le16(7));
  const std::string text = log_of(kernel);
  EXPECT_THAT(text, StartsWith(std::string(kFirst) + "error: "));
  EXPECT_THAT(text, HasSubstr("the record at 0x18 of log_buf says it has 7 bytes"));
}

TEST_F(HostileRecords, ARecordBeyondTheBufferIsDamage) {
  log.put(log.record(1), 8, le16(60000));
  EXPECT_THAT(log_of(kernel), HasSubstr("says it has 60000 bytes"));
}

TEST_F(HostileRecords, ACircleEnds) {
  log.put(log.record(1), 8, le16(0));  // back to the start, and again
  EXPECT_THAT(log_of(kernel), HasSubstr("is empty, and so was one before"));
}

TEST_F(HostileRecords, ATextIsCutWhereItsRecordEnds) {
  log.put(log.record(0), 10, le16(65535));
  EXPECT_THAT(log_of(kernel), StartsWith("[    0.000000] record\\x00\\x00\n[    1.000000] record\n"));
}

TEST_F(HostileRecords, AnEndThatIsNoRecordsStart) {
  log.set_indices(0, 30);
  EXPECT_THAT(log_of(kernel), HasSubstr("is empty, and so was one before"));
}

TEST_F(HostileRecords, IndicesBeyondTheBuffer) {
  log.set_indices(0, 100000);
  EXPECT_THAT(log_of(kernel), HasSubstr("the log goes from 0x0 to 0x186a0 of 0x100 bytes"));
}

TEST_F(HostileRecords, AbsurdSizes) {
  log.set_size(UINT32_MAX);
  EXPECT_THAT(log_of(kernel), HasSubstr("log_buf_len is 4294967295"));
}

TEST_F(HostileRecords, MembersOutsideTheirStruct) {
  kernel.replace_line("OFFSET(printk_log.text_len)", "OFFSET(printk_log.text_len)=15");
  EXPECT_THAT(log_of(kernel), HasSubstr("OFFSET(printk_log.text_len)=15 is outside the 16 bytes"));
}

TEST(HostileFlatLog, AbsurdSizes) {
  FakeKernel kernel;
  FakeFlatLog log(kernel, 64);
  log.add("text\n");
  log.set_size(48);
  EXPECT_THAT(log_of(kernel), HasSubstr("log_buf_len is 48, expected a power of two"));
}

TEST(HostileFlatLog, AnEndFarAwayShowsTheBufferOnce) {
  FakeKernel kernel;
  FakeFlatLog log(kernel, 64);
  log.add(std::string(64, 'x'));
  log.set_end(UINT32_MAX);
  EXPECT_EQ(log_of(kernel), std::string(64, 'x') + "\n");
}

TEST(HostileFlatLog, ALineWithoutAnEndComesInPieces) {
  FakeKernel kernel;
  FakeFlatLog log(kernel, 2 * kLongestLine);
  log.add(std::string(kLongestLine + 10, 'x') + "\nend\n");
  const auto info = kernel.info();
  std::vector<std::string> pieces;
  const auto collect = [&pieces](std::string_view piece) -> Status {
    pieces.emplace_back(piece);
    return {};
  };
  ASSERT_TRUE(read_dmesg(*info, collect));
  EXPECT_THAT(pieces, ElementsAre(std::string(kLongestLine, 'x'), "xxxxxxxxxx\n", "end\n"));
}

TEST(OldLogs, AnEmptyOneIsAnError) {
  FakeKernel kernel;
  const FakeFlatLog log(kernel, 64);
  EXPECT_THAT(log_of(kernel), HasSubstr("the kernel log has no record"));
}

TEST(OldLogs, PhysBaseIsTakenFromTheHeadersWhereItIsNotTold) {
  FakeKernel kernel;
  FakeFlatLog log(kernel, 64);
  log.add("text\n");
  kernel.replace_line("NUMBER(phys_base)", "");
  kernel.vmcore().add_virtual_segment(FakeKernel::kImageBase + 0x200000, 0x200000, 0x100000);
  EXPECT_EQ(log_of(kernel), "text\n");
}

}  // namespace
}  // namespace kdump
