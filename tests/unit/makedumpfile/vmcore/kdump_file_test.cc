// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/kdump_file.h"

#include <gmock/gmock.h>

#include "common/layout/elf.h"
#include "common/parallel.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/kdump_builder.h"

namespace kdump {
namespace {

using test::KdumpBuilder;
using test::MemorySource;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kPage = 4096;

template <typename E>
Result<std::unique_ptr<KdumpFile>> open(KdumpBuilder<E>& builder) {
  return KdumpFile::open(std::make_unique<MemorySource>(builder.build(), "dump"));
}

template <typename E>
std::string complaint(KdumpBuilder<E>& builder) {
  const auto file = open(builder);
  return file ? "no error" : file.error().message();
}

std::string read_text(const Vmcore& core, uint64_t addr, size_t size) {
  ByteVector out(size);
  const Status read = core.read(PhysAddr(addr), out);
  return read ? std::string(text_of(out)) : "error: " + read.error().message();
}

template <typename E>
class KdumpFileOf : public ::testing::Test {};
using Orders = ::testing::Types<Little, Big>;
TYPED_TEST_SUITE(KdumpFileOf, Orders);

TYPED_TEST(KdumpFileOf, ReadsPagesByRankInEitherByteOrder) {
  KdumpBuilder<TypeParam> builder(200000);
  builder.add(3, 'a');
  builder.add(4, 'b');
  builder.add(40000, 'c');   // in the bitmap's second block
  builder.add(199999, 'd');  // in the last one
  const auto file = open(builder);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ((*file)->machine(), elf::EM_X86_64);
  EXPECT_EQ((*file)->page_count(), 4U);
  EXPECT_EQ(read_text(**file, 3 * kPage + 4094, 4), "aabb");
  EXPECT_EQ(read_text(**file, 3 * kPage, 2 * kPage), std::string(kPage, 'a') + std::string(kPage, 'b'));
  EXPECT_EQ(read_text(**file, 40000 * kPage, 1), "c");
  EXPECT_EQ(read_text(**file, 199999 * kPage + 4095, 1), "d");
  EXPECT_EQ((*file)->memory_map().max_pfn(12), Pfn(200000));
  EXPECT_THAT((*file)->memory_map().pages(12),
              ElementsAre(PfnRange{Pfn(3), Pfn(5)}, PfnRange{Pfn(40000), Pfn(40001)},
                          PfnRange{Pfn(199999), Pfn(200000)}));
}

TEST(KdumpFile, TellsWhatWasErased) {
  const std::string_view lines = "erase a size 4\n";
  KdumpBuilder<> builder;
  builder.notes = test::note_bytes("ELSE", 1, bytes_of(lines));
  builder.sub.offset_eraseinfo = kPage + sizeof builder.sub + 12 + 8;  // its note's descriptor
  builder.sub.size_eraseinfo = lines.size();
  const auto file = open(builder);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ((*file)->erase_info(), lines);
  builder.notes = test::note_bytes("ERASEINFO", 0, bytes_of(lines));
  builder.sub.size_eraseinfo = 0;
  EXPECT_EQ((*open(builder))->erase_info(), lines);
}

TYPED_TEST(KdumpFileOf, TellsWhatTheHeadersSay) {
  KdumpBuilder<TypeParam> builder;
  builder.add(1, 'a');
  builder.header.timestamp_sec = 1700000000;
  builder.header.status = 0x1 | 0x8;
  builder.header.nr_cpus = 7;
  std::strcpy(builder.header.utsname.release, "6.1.0");
  builder.sub.phys_base = 0x1000000;
  builder.sub.dump_level = 17;
  const auto file = open(builder);
  ASSERT_TRUE(file) << file.error().message();
  const EarlierDump* earlier = (*file)->earlier();
  ASSERT_NE(earlier, nullptr);
  EXPECT_EQ(earlier->dump_level, 17);
  EXPECT_EQ(earlier->page_size, kPage);
  EXPECT_TRUE(earlier->incomplete);
  EXPECT_EQ(earlier->phys_base, 0x1000000U);
  EXPECT_EQ(earlier->crash_time, 1700000000);
  EXPECT_STREQ(earlier->utsname.release, "6.1.0");
  EXPECT_EQ((*file)->headers().cpus, 7U);
}

// Of each codec, with pages that compress and pages that do not.
TEST(KdumpFile, ReadsEveryCodec) {
  for (const CodecRow& row : codec_rows()) {
    KdumpBuilder<> builder;
    builder.codec = row.id;
    ByteVector noise(kPage);
    uint32_t seed = 1;
    for (std::byte& byte : noise) byte = std::byte((seed = seed * 1664525 + 1013904223) >> 24);
    builder.add(3, 'a');
    builder.add(4, noise);
    builder.add(5, 'c');
    const auto file = open(builder);
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ(read_text(**file, 3 * kPage, 3 * kPage),
              std::string(kPage, 'a') + std::string(text_of(noise)) + std::string(kPage, 'c'))
        << row.name;
  }
}

TEST(KdumpFile, SaysWhyAPageCannotBeRead) {
  KdumpBuilder<> builder;
  builder.add(3, 'a');
  builder.add_excluded(4);
  builder.add_lost(5);
  builder.sub.dump_level = 31;
  const auto file = open(builder);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_THAT(read_text(**file, 3 * kPage, kPage + 1), HasSubstr("page 0x4 was excluded"));
  EXPECT_THAT(read_text(**file, 4 * kPage, kPage), HasSubstr("(dump level 31)"));
  EXPECT_THAT(read_text(**file, 5 * kPage, 1), HasSubstr("page 0x5 is lost"));
  EXPECT_THAT(read_text(**file, 6 * kPage, 1), HasSubstr("0x6000 is not in the dump"));
  EXPECT_THAT(read_text(**file, 64 * kPage, 1), HasSubstr("0x40000 is not in the dump"));
  EXPECT_THAT(read_text(**file, UINT64_MAX, 1), HasSubstr("is not in the dump"));
}

TEST(KdumpFile, ListsPagesThatWereExcluded) {
  KdumpBuilder<> builder;
  for (const uint64_t pfn : {2U, 3U, 9U, 63U}) builder.add_excluded(pfn);
  builder.add(4, 'a');
  const auto file = open(builder);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_THAT(*(*file)->excluded_earlier({Pfn(0), Pfn(64)}, 12),
              ElementsAre(PfnRange{Pfn(2), Pfn(4)}, PfnRange{Pfn(9), Pfn(10)}, PfnRange{Pfn(63), Pfn(64)}));
  EXPECT_THAT(*(*file)->excluded_earlier({Pfn(3), Pfn(9)}, 12), ElementsAre(PfnRange{Pfn(3), Pfn(4)}));
  EXPECT_FALSE((*file)->excluded_earlier({Pfn(0), Pfn(64)}, 16));
}

TEST(KdumpFile, ReadsASingleBitmap) {
  KdumpBuilder<> builder;
  builder.one_bitmap = true;
  builder.header.bitmap_blocks = 1;
  builder.header.header_version = 1;
  builder.add(3, 'a');
  builder.add(7, 'b');
  const auto file = open(builder);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(read_text(**file, 7 * kPage, 2), "bb");
  EXPECT_TRUE((*file)->excluded_earlier({Pfn(0), Pfn(64)}, 12)->empty());
}

TEST(KdumpFile, ZeroPagesShareTheirData) {
  KdumpBuilder<> builder;
  builder.add(3, '\0');
  builder.add(5, 'b');
  static_cast<void>(builder.build());
  diskdump::PageDesc<Little> zero{};
  zero.offset = static_cast<int64_t>(builder.descriptors + 4 * sizeof zero);
  zero.size = kPage;
  for (const uint64_t pfn : {4U, 6U}) {
    builder.add_lost(pfn);
    builder.desc[pfn] = zero;
  }
  const auto file = open(builder);
  ASSERT_TRUE(file) << file.error().message();
  const std::string zeros(kPage, '\0');
  EXPECT_EQ(read_text(**file, 3 * kPage, 4 * kPage), zeros + zeros + std::string(kPage, 'b') + zeros);
}

TEST(KdumpFile, TakesNotesAndVmcoreinfoFromWhereTheVersionHasThem) {
  KdumpBuilder<> builder;
  builder.add(1, 'a');
  builder.notes = test::note_bytes("CORE", elf::NT_PRSTATUS, ByteVector(336));
  const ByteVector info = test::note_bytes("VMCOREINFO", 0, bytes_of(std::string_view("A=1\n")));
  builder.notes.insert(builder.notes.end(), info.begin(), info.end());
  const auto file = open(builder);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ((*file)->notes().cpu_count(), 1U);
  EXPECT_EQ((*file)->notes().vmcoreinfo(), "A=1\n");
  // Version 3 has the text alone.
  builder.header.header_version = 3;
  builder.sub.offset_vmcoreinfo = kPage + sizeof builder.sub + builder.notes.size() - 4;
  builder.sub.size_vmcoreinfo = 4;
  const auto old = open(builder);
  ASSERT_TRUE(old) << old.error().message();
  EXPECT_EQ((*old)->notes().vmcoreinfo(), "A=1\n");
  EXPECT_EQ((*old)->notes().damage(), "");
  // Version 2 has neither.
  builder.header.header_version = 2;
  const auto older = open(builder);
  ASSERT_TRUE(older) << older.error().message();
  EXPECT_TRUE((*older)->notes().raw().empty());
}

TEST(KdumpFile, RefusesHeadersThatContradictThemselves) {
  const auto broken = [](const auto& change) {
    KdumpBuilder<> builder;
    builder.add(3, 'a');
    change(builder);
    return complaint(builder);
  };
  EXPECT_THAT(broken([](auto& b) { b.header.header_version = 7; }),
              HasSubstr("offset 0x8: header_version: 7"));
  EXPECT_THAT(broken([](auto& b) { b.header.signature[0] = 'X'; }), HasSubstr("signature"));
  EXPECT_THAT(broken([](auto& b) { b.header.block_size = 5000; }),
              HasSubstr("offset 0x1ac: block_size: 5000"));
  EXPECT_THAT(broken([](auto& b) { b.header.block_size = 0; }), HasSubstr("block_size: 0"));
  EXPECT_THAT(broken([](auto& b) { b.override_sub_hdr_size = 0; }), HasSubstr("sub_hdr_size: 0 blocks"));
  EXPECT_THAT(broken([](auto& b) { b.header.bitmap_blocks = 0; }), HasSubstr("bitmap_blocks: 0 blocks"));
  EXPECT_THAT(broken([](auto& b) {
                b.header.bitmap_blocks = 0x7fffffff;
                b.dumpable.clear();
              }),
              HasSubstr("the file ends at"));
  EXPECT_THAT(broken([](auto& b) {
                b.sub.max_mapnr_64 = uint64_t{1} << 63;
                b.existing.clear();
                b.dumpable.clear();
              }),
              HasSubstr("max_mapnr"));
  EXPECT_THAT(broken([](auto& b) {
                b.sub.size_note = 1 << 20;
                b.sub.offset_note = 0x7000;
              }),
              HasSubstr("offset 0x1030: offset_note, size_note: 1048576 bytes at 0x7000"));
  EXPECT_THAT(broken([](auto& b) { b.sub.size_vmcoreinfo = UINT64_MAX; }), HasSubstr("size_vmcoreinfo"));
  EXPECT_THAT(broken([](auto& b) { b.split(10, 5); }), HasSubstr("pages 0xa to 0x5"));
  EXPECT_THAT(broken([](auto& b) { std::strcpy(b.header.utsname.machine, "i686"); }),
              HasSubstr("32-bit kernel (i686)"));
  EXPECT_THAT(broken([](auto& b) { std::strcpy(b.header.utsname.machine, "i686\n"); }),
              HasSubstr("32-bit kernel (i686\\x0a)"));
}

TEST(KdumpFile, RefusesDescriptorsThatLie) {
  KdumpBuilder<> builder;
  builder.codec = CodecId::zlib;
  const auto said = [&](int64_t offset, uint32_t size, uint32_t flags) {
    diskdump::PageDesc<Little> desc{};
    desc.offset = offset;
    desc.size = size;
    desc.flags = flags;
    builder.add(3, 'a');
    builder.desc[3] = desc;
    const auto file = open(builder);
    return file ? read_text(**file, 3 * kPage, 1) : file.error().message();
  };
  EXPECT_THAT(said(0x1000, 4097, 1), HasSubstr("page_desc 0: size: 4097 bytes of a page of 4096"));
  EXPECT_THAT(said(0x1000, 0, 1), HasSubstr("size: 0 bytes"));
  EXPECT_THAT(said(0x1000, 100, 0), HasSubstr("size: 100 bytes"));
  EXPECT_THAT(said(0x1000, 100, 0x40), HasSubstr("flags: 0x40"));
  EXPECT_THAT(said(-5, 100, 1), HasSubstr("the file ends at"));
  EXPECT_THAT(said(0x1000, 100, 1), HasSubstr("offset 0x1000: page data: damaged zlib data"));
}

TEST(KdumpFile, ATruncatedFileLosesOnlyWhatIsMissing) {
  KdumpBuilder<> builder;
  builder.add(3, 'a');
  builder.add(4, 'b');
  ByteVector bytes = builder.build();
  bytes.resize(bytes.size() - 1);
  const auto file = KdumpFile::open(std::make_unique<MemorySource>(std::move(bytes), "dump"));
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(read_text(**file, 3 * kPage, 1), "a");
  EXPECT_THAT(read_text(**file, 4 * kPage, 1), HasSubstr("is the copy complete?"));
}

TEST(KdumpFile, MayBeReadByManyThreads) {
  KdumpBuilder<> builder(100000);
  builder.codec = CodecId::lzo;
  for (uint64_t i = 0; i < 64; ++i) builder.add(i * 1500, static_cast<char>('A' + i));
  const auto file = open(builder);
  ASSERT_TRUE(file) << file.error().message();
  const Status read = parallel_for(64, 4, [&](size_t i) -> Status {
    for (const uint64_t page : {i, 63 - i}) {
      const std::string text = read_text(**file, page * 1500 * kPage + page, 3);
      if (text != std::string(3, static_cast<char>('A' + page))) return fail("page {}: {}", page, text);
    }
    return {};
  });
  EXPECT_TRUE(read) << read.error().message();
}

TEST(KdumpFile, ABitmapOfDustIsNoMemoryMap) {
  KdumpBuilder<> builder(1 << 19);
  for (uint64_t i = 0; i <= (1 << 17); ++i) builder.add_excluded(2 * i);
  EXPECT_THAT(complaint(builder), HasSubstr("bitmap 1: more than 131072 stretches of memory"));
}

}  // namespace
}  // namespace kdump
