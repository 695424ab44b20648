// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/info.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/kdump_builder.h"
#include "tests/unit/makedumpfile/support/temporary_file.h"

namespace kdump {
namespace {

using test::KdumpBuilder;
using test::TemporaryFile;
using ::testing::HasSubstr;
using ::testing::Not;

// Two zero pages that share their data, two of others, one excluded, one lost.
ByteVector little_dump() {
  KdumpBuilder<> builder;
  builder.codec = CodecId::zlib;
  builder.header.timestamp_sec = 1700000000;
  std::strcpy(builder.header.utsname.release, "6.1.0-test");
  builder.sub.dump_level = 31;
  builder.notes = test::note_bytes("CORE", elf::NT_PRSTATUS, ByteVector(336));
  static_cast<void>(builder.build());
  diskdump::PageDesc<Little> zero{};
  zero.offset = static_cast<int64_t>(builder.descriptors + 5 * sizeof zero);
  zero.size = 4096;
  for (const uint64_t pfn : {3U, 4U}) {
    builder.add_lost(pfn);
    builder.desc[pfn] = zero;
  }
  builder.add(5, 'a');
  builder.add(6, 'b');
  builder.add_excluded(7);
  builder.add_lost(9);
  // The zero page goes before the data of the others.
  ByteVector bytes = builder.build();
  const size_t data = builder.descriptors + 5 * sizeof zero;
  bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(data), 4096, std::byte{0});
  for (const size_t index : {2U, 3U}) {
    diskdump::PageDesc<Little> desc;
    std::byte* place = bytes.data() + builder.descriptors + index * sizeof desc;
    std::memcpy(&desc, place, sizeof desc);
    desc.offset = desc.offset + 4096;
    std::memcpy(place, &desc, sizeof desc);
  }
  return bytes;
}

TEST(Info, CountsThePagesOfADump) {
  const TemporaryFile dump(little_dump());
  const auto info = collect_info(dump.path());
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->existing, 6U);
  EXPECT_EQ(info->excluded, 1U);
  EXPECT_EQ(info->census.stored, 2U);
  EXPECT_EQ(info->census.zero, 2U);
  EXPECT_EQ(info->census.lost, 1U);
  EXPECT_EQ(info->census.codecs.at(1), 2U);
  EXPECT_TRUE(info->problems.empty());
}

TEST(Info, SaysItInWords) {
  const TemporaryFile dump(little_dump());
  const auto info = collect_info(dump.path());
  ASSERT_TRUE(info) << info.error().message();
  const std::string text = info_text(*info);
  EXPECT_THAT(text, HasSubstr("kdump-compressed, header version 6"));
  EXPECT_THAT(text, HasSubstr("6.1.0-test"));
  EXPECT_THAT(text, HasSubstr("2023-11-14 22:13:20 UTC"));
  EXPECT_THAT(text, HasSubstr("6 of 4.0 KiB, 1 excluded, 2 stored, 2 zero, 1 lost"));
  EXPECT_THAT(text, HasSubstr("zlib 2"));
  EXPECT_THAT(text, HasSubstr("registers of 1 CPUs, no VMCOREINFO"));
  EXPECT_THAT(text, Not(HasSubstr("incomplete")));
}

TEST(Info, SaysItInJson) {
  const TemporaryFile dump(little_dump());
  std::vector<DumpInfo> infos;
  infos.push_back(*collect_info(dump.path()));
  const auto document = nlohmann::json::parse(info_json(infos));
  const auto& file = document["files"][0];
  EXPECT_EQ(file["format"], "kdump-compressed");
  EXPECT_EQ(file["dump_level"], 31);
  EXPECT_EQ(file["pages"]["zero"], 2);
  EXPECT_EQ(file["codecs"]["zlib"], 2);
  EXPECT_EQ(file["crash_time"], 1700000000);
}

TEST(Info, CountsMemoryThatCannotBe) {
  test::ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0, 0x2000).p_memsz = uint64_t{1} << 62;
  builder.put(0x1000, ByteVector(0x2000, std::byte('a')));
  const TemporaryFile core(builder.build());
  const auto info = collect_info(core.path());
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->existing, uint64_t{1} << 50);
  EXPECT_EQ(info->stored_elf, 2U);
}

TEST(Info, WordsOfTheFileReachNoTerminal) {
  KdumpBuilder<> builder;
  std::strcpy(builder.header.utsname.release, "6.1\x1b[2J\n");
  builder.add(1, 'a');
  const TemporaryFile dump(builder.build());
  const auto info = collect_info(dump.path());
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_THAT(info_text(*info), HasSubstr("6.1\\x1b[2J\\x0a\n"));
}

TEST(Info, KnowsElfCoresAndWhatTheyLeftOut) {
  test::ElfCoreBuilder<> builder;
  builder.ehdr.e_flags = elf::DUMP_ELF_INCOMPLETE;
  builder.add(elf::PT_LOAD, 0x1000, 0x10000, 0x2000).p_memsz = 0x5000;
  builder.put(0x1000, ByteVector(0x2000, std::byte('a')));
  const TemporaryFile core(builder.build());
  const auto info = collect_info(core.path());
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->existing, 5U);
  EXPECT_EQ(info->excluded, 3U);
  EXPECT_TRUE(info->file.incomplete);
  EXPECT_THAT(info_text(*info), HasSubstr("5 of 4.0 KiB, 3 excluded, 2 stored"));
}

}  // namespace
}  // namespace kdump
