// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/verify.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/kdump_builder.h"
#include "tests/unit/makedumpfile/support/temporary_file.h"

namespace kdump {
namespace {

using test::KdumpBuilder;
using test::TemporaryFile;
using ::testing::HasSubstr;

constexpr uint64_t kPage = 4096;

// Pages 2 to 11, 'a' to 'j'; page 12 excluded.
KdumpBuilder<> builder_of_dump() {
  KdumpBuilder<> builder;
  builder.codec = CodecId::zlib;
  for (uint64_t pfn = 2; pfn < 12; ++pfn) builder.add(pfn, static_cast<char>('a' + pfn - 2));
  builder.add_excluded(12);
  return builder;
}

// The vmcore it was made of.
ByteVector vmcore() {
  test::ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 2 * kPage, 11 * kPage);
  for (uint64_t i = 0; i < 11; ++i)
    builder.put(0x1000 + i * kPage, KdumpBuilder<>::filled(static_cast<char>('a' + i)));
  return builder.build();
}

VerifyResult verify(Bytes dump, const std::string& against = {}) {
  const TemporaryFile file(dump);
  DumpObserver observer;
  return verify_dumps({.files = {file.path()}, .against = against, .threads = 3, .open = {}}, observer)
      .front();
}

std::string problems_of(const VerifyResult& result) {
  std::string text = result.error;
  for (const std::string& problem : result.problems) text += problem + "\n";
  return text;
}

TEST(Verify, ASoundDumpIsSound) {
  const VerifyResult result = verify(builder_of_dump().build());
  EXPECT_EQ(result.verdict, Verdict::sound) << problems_of(result);
  EXPECT_EQ(result.pages_read, 10U);
  EXPECT_THAT(verify_text(result, false), HasSubstr(": sound\n  10 pages read\n"));
}

TEST(Verify, ComparesWithTheVmcore) {
  const TemporaryFile core(vmcore());
  const VerifyResult same = verify(builder_of_dump().build(), core.path());
  EXPECT_EQ(same.verdict, Verdict::sound) << problems_of(same);
  EXPECT_EQ(same.equal, 10U);
  EXPECT_EQ(same.excluded, 1U);
  KdumpBuilder<> other = builder_of_dump();
  other.add(5, 'x');
  other.add(40, 'y');
  const VerifyResult result = verify(other.build(), core.path());
  EXPECT_EQ(result.verdict, Verdict::different);
  EXPECT_EQ(result.different, 1U);
  EXPECT_EQ(result.not_comparable, 1U);
  EXPECT_EQ(result.equal, 9U);
  EXPECT_THAT(problems_of(result), HasSubstr("page 0x5 is not that of"));
}

TEST(Verify, AnElfCoreMayHaveZerosForWhatItLeftOut) {
  const TemporaryFile core(vmcore());
  ByteVector other = vmcore();
  std::fill_n(other.begin() + 0x1000 + 3 * kPage, kPage, std::byte{0});
  const VerifyResult blanked = verify(other, core.path());
  EXPECT_EQ(blanked.verdict, Verdict::sound) << problems_of(blanked);
  EXPECT_EQ(blanked.excluded, 1U);
  other[0x1000 + 3 * kPage] = std::byte{1};
  EXPECT_EQ(verify(other, core.path()).verdict, Verdict::different);
}

TEST(Verify, FindsDamagedData) {
  KdumpBuilder<> builder = builder_of_dump();
  ByteVector bytes = builder.build();
  bytes.back() ^= std::byte{0x55};  // the last page's checksum
  const VerifyResult result = verify(bytes);
  EXPECT_EQ(result.verdict, Verdict::damaged);
  EXPECT_EQ(result.pages_read, 9U);
  EXPECT_THAT(problems_of(result), HasSubstr("page 0xb: "));
  EXPECT_THAT(problems_of(result), HasSubstr("damaged zlib data"));
}

TEST(Verify, FindsDescriptorsThatLie) {
  KdumpBuilder<> builder = builder_of_dump();
  static_cast<void>(builder.build());
  const auto with = [&](uint64_t offset, uint32_t size, uint32_t flags) {
    KdumpBuilder<> changed = builder;
    diskdump::PageDesc<Little> desc{};
    desc.offset = static_cast<int64_t>(offset);
    desc.size = size;
    desc.flags = flags;
    changed.desc[5] = desc;
    const VerifyResult result = verify(changed.build());
    EXPECT_EQ(result.verdict, Verdict::damaged);
    return problems_of(result);
  };
  EXPECT_THAT(with(uint64_t{1} << 40, 100, 1), HasSubstr("the file ends at"));
  EXPECT_THAT(with(builder.descriptors, 100, 1), HasSubstr("is before the data"));
  EXPECT_THAT(with(builder.descriptors + 10 * 24, 20, 1), HasSubstr("belongs to two pages"));
}

TEST(Verify, FindsPagesThatDoNotExist) {
  KdumpBuilder<> builder = builder_of_dump();
  builder.existing.erase(4);
  EXPECT_THAT(problems_of(verify(builder.build())),
              HasSubstr("bitmap 2: 1 pages that bitmap 1 does not have"));
}

TEST(Verify, LostPagesAndAMarkAreIncomplete) {
  KdumpBuilder<> lost = builder_of_dump();
  lost.add_lost(20);
  const VerifyResult result = verify(lost.build());
  EXPECT_EQ(result.verdict, Verdict::incomplete);
  EXPECT_EQ(result.pages_lost, 1U);
  KdumpBuilder<> marked = builder_of_dump();
  marked.header.status = diskdump::DUMP_DH_COMPRESSED_INCOMPLETE;
  EXPECT_EQ(verify(marked.build()).verdict, Verdict::incomplete);
}

TEST(Verify, AnElfCoreThatWasGivenUpLacksItsEnd) {
  ByteVector core = vmcore();
  core.resize(core.size() - 3 * kPage);
  EXPECT_EQ(verify(core).verdict, Verdict::damaged);
  core[offsetof(elf::Ehdr64<Little>, e_flags)] |= std::byte{elf::DUMP_ELF_INCOMPLETE};
  const VerifyResult result = verify(core);
  EXPECT_EQ(result.verdict, Verdict::incomplete) << problems_of(result);
  EXPECT_EQ(result.pages_read, 8U);
  EXPECT_EQ(result.pages_lost, 3U);
}

TEST(Verify, MemoryThatIsNotStoredCostsNothing) {
  test::ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0, 2 * kPage).p_memsz = uint64_t{1} << 62;
  builder.put(0x1000, ByteVector(2 * kPage, std::byte{'a'}));
  const TemporaryFile core(builder.build());
  const VerifyResult result = verify(builder.build(), core.path());
  EXPECT_EQ(result.verdict, Verdict::sound) << problems_of(result);
  EXPECT_EQ(result.equal, 2U);
  EXPECT_EQ(result.excluded, (uint64_t{1} << 50) - 2);
}

TEST(Verify, ATruncatedDumpIsDamagedWhereverItEnds) {
  const ByteVector whole = builder_of_dump().build();
  for (size_t size = 8; size < whole.size(); size += 97) {
    const VerifyResult result = verify(Bytes(whole).first(size));
    EXPECT_EQ(result.verdict, Verdict::damaged) << size << ": " << problems_of(result);
  }
}

TEST(Verify, WhatIsNoDumpIsUnreadable) {
  const VerifyResult text = verify(bytes_of(std::string_view("plain text, long enough to be one")));
  EXPECT_EQ(text.verdict, Verdict::unreadable);
  DumpObserver observer;
  const auto absent =
      verify_dumps({.files = {"/absent/dump"}, .against = {}, .threads = 1, .open = {}}, observer);
  EXPECT_EQ(verdict_of(absent), Verdict::unreadable);
}

TEST(Verify, TellsWhetherASplitDumpIsAllThere) {
  const auto part = [](uint64_t begin, uint64_t end) {
    KdumpBuilder<> builder = builder_of_dump();
    builder.split(begin, end);
    return builder.build();
  };
  const TemporaryFile first(part(0, 8)), second(part(8, 64)), other(part(9, 64));
  DumpObserver observer;
  const auto of = [&](std::vector<std::string> files) {
    return verify_dumps({.files = std::move(files), .against = {}, .threads = 1, .open = {}}, observer);
  };
  const auto whole = of({first.path(), second.path()});
  ASSERT_EQ(whole.size(), 3U);
  EXPECT_EQ(verdict_of(whole), Verdict::sound);
  EXPECT_EQ(whole[0].pages_read + whole[1].pages_read, 10U);
  EXPECT_EQ(of({first.path()}).back().verdict, Verdict::incomplete);
  EXPECT_THAT(of({first.path(), other.path()}).back().error, HasSubstr("is missing"));
}

TEST(Verify, TheGravestVerdictCounts) {
  EXPECT_EQ(graver(Verdict::sound, Verdict::incomplete), Verdict::incomplete);
  EXPECT_EQ(graver(Verdict::damaged, Verdict::different), Verdict::damaged);
  EXPECT_EQ(graver(Verdict::unreadable, Verdict::damaged), Verdict::unreadable);
}

}  // namespace
}  // namespace kdump
