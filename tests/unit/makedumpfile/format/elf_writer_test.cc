// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/elf_writer.h"

#include <gmock/gmock.h>

#include "makedumpfile/filter/bitmap.h"
#include "makedumpfile/vmcore/elf_core.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

using test::MemorySink;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kDirectMap = 0xffff888000000000;
constexpr uint64_t kImage = 0xffffffff81000000;

// 2048 pages of memory from page 16 on, without page 40's hole; the kernel's image is at pages 100 to 120.
class ElfWriterTest : public testing::Test {
 protected:
  ElfWriterTest() {
    vmcore_.add_note("CORE", 1, ByteVector(336));
    vmcore_.add_vmcoreinfo("OSRELEASE=6.1.0-test\n");
    vmcore_.add_memory(16 * kPage, 24 * kPage);
    vmcore_.add_memory(41 * kPage, 2023 * kPage);
    vmcore_.add_virtual_segment(kImage, 100 * kPage, 20 * kPage);
    vmcore_.add_virtual_segment(kDirectMap + 16 * kPage, 16 * kPage, 24 * kPage);
    vmcore_.add_virtual_segment(kDirectMap + 41 * kPage, 41 * kPage, 2023 * kPage);
  }

  ElfParameters parameters() const {
    return {.page_size = kPage,
            .machine = elf::EM_X86_64,
            .notes = &vmcore_.notes(),
            .loads = elf_loads(vmcore_)};
  }

  static ByteVector content(Pfn pfn) {
    return ByteVector(kPage, static_cast<std::byte>(pfn.value() % 251 + 1));
  }

  // Writes the kept pages one by one; the pages of `fates` become something else than stored.
  Status write(ElfWriter& writer, const std::vector<PfnRange>& kept,
               const std::map<uint64_t, PageFate>& fates = {}) {
    Bitmap exists({Pfn(0), Pfn(4096)});
    exists.set_range({Pfn(16), Pfn(40)});
    exists.set_range({Pfn(41), Pfn(2064)});
    Bitmap keeps(exists.window());
    for (const PfnRange& range : kept) keeps.set_range(range);
    TRY(writer.write_header());
    TRY(writer.write_bitmaps(Pfn(0), exists.bytes(), keeps.bytes()));
    TRY(writer.begin_pages(keeps.count(), true));
    for (Pfn pfn = keeps.next_set(Pfn(0)); pfn < Pfn(4096); pfn = keeps.next_set(pfn + 1)) {
      const auto other = fates.find(pfn.value());
      StoredPage page{kPage, 0, PageFate::stored};
      if (other != fates.end()) page = {0, 0, other->second};
      const ByteVector data = page.size == 0 ? ByteVector() : content(pfn);
      TRY(writer.add({.index = 0, .pfns = {&pfn, 1}, .pages = {&page, 1}, .data = data}));
    }
    return writer.finish();
  }

  // Our own reader on the result.
  static std::unique_ptr<Vmcore> read_back(const ByteVector& bytes) {
    auto core = read_elf_core(std::make_unique<test::MemorySource>(bytes));
    EXPECT_TRUE(core) << core.error().message();
    return core ? std::move(*core) : nullptr;
  }

  static std::vector<elf::Phdr64<Little>> headers_of(const MemorySink& sink) {
    std::vector<elf::Phdr64<Little>> headers;
    const auto ehdr = sink.at<elf::Ehdr64<Little>>(0);
    for (unsigned i = 0; i < ehdr.e_phnum; ++i)
      headers.push_back(sink.at<elf::Phdr64<Little>>(ehdr.e_phoff + i * sizeof(elf::Phdr64<Little>)));
    return headers;
  }

  test::FakeVmcore vmcore_;
};

TEST_F(ElfWriterTest, EraseInfoIsANote) {
  const std::string lines = "erase a size 4\nerase b nullify\n";
  ElfParameters with = parameters();
  with.erase_info = lines;
  MemorySink sink;
  ElfWriter writer(sink, with);
  ASSERT_TRUE(write(writer, {{Pfn(16), Pfn(20)}}));
  const auto core = read_back(sink.bytes);
  EXPECT_EQ(core->notes().damage(), "");
  EXPECT_EQ(core->notes().cpu_count(), 1U);
  EXPECT_EQ(core->notes().vmcoreinfo(), "OSRELEASE=6.1.0-test\n");
  EXPECT_EQ(core->erase_info(), lines);
}

TEST_F(ElfWriterTest, CutsPtLoadsWherePagesAreLeftOut) {
  MemorySink sink;
  ElfWriter writer(sink, parameters());
  ASSERT_TRUE(write(writer, {{Pfn(20), Pfn(40)}, {Pfn(100), Pfn(120)}, {Pfn(1000), Pfn(1010)}}));
  EXPECT_TRUE(sink.finished);
  const auto headers = headers_of(sink);
  ASSERT_EQ(headers.size(), 7U);
  EXPECT_EQ(headers[0].p_type, elf::PT_NOTE);
  const uint64_t data = headers[3].p_offset;
  EXPECT_NE(data % kPage, 0U);
  struct Expected {
    uint64_t offset, vaddr, page, filesz, memsz;
  };
  const Expected expected[] = {
      // The image: the same bytes as in the direct map.
      {data + 20 * kPage, kImage, 100, 20, 20},
      {data, kDirectMap + 16 * kPage, 16, 0, 4},
      {data, kDirectMap + 20 * kPage, 20, 20, 20},
      {data, kDirectMap + 41 * kPage, 41, 0, 59},
      {data + 20 * kPage, kDirectMap + 100 * kPage, 100, 20, 900},
      {data + 40 * kPage, kDirectMap + 1000 * kPage, 1000, 10, 1064},
  };
  for (size_t i = 0; i < std::size(expected); ++i) {
    const auto& header = headers[i + 1];
    EXPECT_EQ(header.p_type, elf::PT_LOAD);
    EXPECT_EQ(header.p_offset, expected[i].offset) << i;
    EXPECT_EQ(header.p_vaddr, expected[i].vaddr) << i;
    EXPECT_EQ(header.p_paddr, expected[i].page * kPage) << i;
    EXPECT_EQ(header.p_filesz, expected[i].filesz * kPage) << i;
    EXPECT_EQ(header.p_memsz, expected[i].memsz * kPage) << i;
  }
  EXPECT_EQ(sink.bytes.size(), data + 50 * kPage);
  EXPECT_EQ(writer.size(), sink.bytes.size());
  EXPECT_EQ(writer.pages_missing(), 0U);
}

TEST_F(ElfWriterTest, IsReadBackWithItsNotes) {
  MemorySink sink;
  ElfWriter writer(sink, parameters());
  ASSERT_TRUE(write(writer, {{Pfn(16), Pfn(40)}, {Pfn(41), Pfn(200)}, {Pfn(300), Pfn(2064)}},
                    {{50, PageFate::zero}, {60, PageFate::lost}}));
  const auto core = read_back(sink.bytes);
  ASSERT_NE(core, nullptr);
  EXPECT_TRUE(std::ranges::equal(core->notes().raw(), vmcore_.notes().raw()));
  EXPECT_EQ(core->virtual_segments()[0].vaddr, VirtAddr(kImage));
  ByteVector page(kPage);
  for (const uint64_t pfn : {16U, 39U, 41U, 199U, 300U, 2063U}) {
    ASSERT_TRUE(core->read(PhysAddr(pfn * kPage), page)) << pfn;
    EXPECT_EQ(page, content(Pfn(pfn))) << pfn;
  }
  // The bridged gap, the zero page and the lost one.
  for (const uint64_t pfn : {200U, 299U, 50U, 60U}) {
    ASSERT_TRUE(core->read(PhysAddr(pfn * kPage), page)) << pfn;
    EXPECT_TRUE(all_zero(page)) << pfn;
  }
  EXPECT_FALSE(core->read(PhysAddr(40 * kPage), page));
}

TEST_F(ElfWriterTest, AStreamHasNoBackwardRecordAndIsTheFile) {
  const std::vector<PfnRange> kept{{Pfn(30), Pfn(40)}, {Pfn(41), Pfn(100)}, {Pfn(500), Pfn(1900)}};
  MemorySink plain;
  ElfWriter writer(plain, parameters());
  ASSERT_TRUE(write(writer, kept));
  class OnlyForward : public MemorySink {
   public:
    Status write_at(uint64_t offset, Bytes data) override {
      EXPECT_EQ(offset, bytes.size());
      return MemorySink::write_at(offset, data);
    }
    Status allocate(uint64_t /*offset*/, uint64_t /*size*/) override { return {}; }
    [[nodiscard]] bool rewritable() const override { return false; }
  } stream;
  ElfWriter forward(stream, parameters());
  ASSERT_TRUE(write(forward, kept));
  EXPECT_EQ(stream.bytes, plain.bytes);
  EXPECT_EQ(plain.at<elf::Ehdr64<Little>>(0).e_flags, 0U);
}

TEST_F(ElfWriterTest, SaysIncompleteUntilItIsWhole) {
  MemorySink sink;
  sink.capacity = 3 * kPage + 1000 * kPage;
  ElfWriter writer(sink, parameters());
  const Status written = write(writer, {{Pfn(100), Pfn(2064)}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::no_space);
  EXPECT_EQ(writer.abandon(), Leftover::incomplete);
  EXPECT_FALSE(sink.finished);
  EXPECT_EQ(sink.at<elf::Ehdr64<Little>>(0).e_flags, elf::DUMP_ELF_INCOMPLETE);
  // Most of what there is room for is there, and what is not counts as missing.
  const uint64_t present = (sink.bytes.size() - headers_of(sink)[1].p_offset) / kPage;
  EXPECT_GE(writer.pages_missing(), 1964 - present);
  EXPECT_LE(writer.pages_missing(), 1964 - present + 17);
  EXPECT_GT(present, 980U);
  ByteVector page(kPage);
  std::memcpy(page.data(), sink.bytes.data() + headers_of(sink)[1].p_offset, kPage);
  EXPECT_EQ(page, content(Pfn(100)));
}

TEST_F(ElfWriterTest, BeginsAgainAsIfNothingHadBeen) {
  MemorySink expected;
  ElfWriter once(expected, parameters());
  ASSERT_TRUE(write(once, {{Pfn(100), Pfn(200)}}));
  MemorySink sink;
  sink.capacity = 600 * kPage;
  ElfWriter writer(sink, parameters());
  ASSERT_FALSE(write(writer, {{Pfn(100), Pfn(2064)}}));
  ASSERT_TRUE(writer.restart());
  ASSERT_TRUE(write(writer, {{Pfn(100), Pfn(200)}}));
  EXPECT_EQ(sink.bytes, expected.bytes);
}

TEST_F(ElfWriterTest, NothingStaysWithoutAPage) {
  MemorySink sink;
  sink.capacity = 1000;
  ElfWriter writer(sink, parameters());
  ASSERT_FALSE(write(writer, {{Pfn(100), Pfn(2064)}}));
  EXPECT_EQ(writer.abandon(), Leftover::nothing);
  EXPECT_TRUE(sink.discarded);
}

TEST_F(ElfWriterTest, MemoryWithoutAVirtualAddressIsMappedAtNone) {
  test::FakeVmcore vmcore;
  vmcore.add_memory(0, 100 * kPage);
  vmcore.add_virtual_segment(kImage, 10 * kPage, 5 * kPage);
  vmcore.add_virtual_segment(kImage + 7 * kPage, 20 * kPage, 5 * kPage);
  const auto loads = elf_loads(vmcore);
  ASSERT_EQ(loads.size(), 5U);
  EXPECT_EQ(loads[2].range, (PhysRange{PhysAddr(0), PhysAddr(10 * kPage)}));
  EXPECT_EQ(loads[3].range, (PhysRange{PhysAddr(15 * kPage), PhysAddr(20 * kPage)}));
  EXPECT_EQ(loads[4].range, (PhysRange{PhysAddr(25 * kPage), PhysAddr(100 * kPage)}));
  for (size_t i = 2; i < 5; ++i) EXPECT_EQ(loads[i].vaddr, VirtAddr());
}

// Beyond 65534 program headers the number is in a section header.
TEST_F(ElfWriterTest, CountsManyProgramHeadersElsewhere) {
  constexpr uint64_t kPieces = 65600;
  ElfParameters many{.page_size = kPage, .machine = elf::EM_X86_64, .notes = &vmcore_.notes(), .loads = {}};
  for (uint64_t i = 0; i < kPieces; ++i) {
    const PhysAddr begin(2 * i * kPage);
    many.loads.push_back({VirtAddr(kDirectMap + begin.value()), {begin, begin + kPage}});
  }
  MemorySink sink;
  ElfWriter writer(sink, many);
  // A page here, a hole there.
  Bitmap every_other({Pfn(0), Pfn(2 * kPieces)});
  for (uint64_t i = 0; i < kPieces; ++i) every_other.set(Pfn(2 * i));
  ASSERT_TRUE(writer.write_header());
  ASSERT_TRUE(writer.write_bitmaps(Pfn(0), every_other.bytes(), every_other.bytes()));
  ASSERT_TRUE(writer.begin_pages(kPieces, false));
  for (uint64_t i = 0; i < kPieces; ++i) {
    const Pfn pfn(2 * i);
    const StoredPage page{0, 0, PageFate::zero};
    ASSERT_TRUE(writer.add({.index = i, .pfns = {&pfn, 1}, .pages = {&page, 1}}));
  }
  ASSERT_TRUE(writer.finish());
  const auto ehdr = sink.at<elf::Ehdr64<Little>>(0);
  EXPECT_EQ(ehdr.e_phnum, elf::PN_XNUM);
  EXPECT_EQ(ehdr.e_shnum, 1U);
  EXPECT_EQ(sink.at<elf::Shdr64<Little>>(ehdr.e_shoff).sh_info, kPieces + 1);
  const auto core = read_back(sink.bytes);
  ASSERT_NE(core, nullptr);
  EXPECT_EQ(core->memory_map().segments().size(), kPieces);
  EXPECT_TRUE(std::ranges::equal(core->notes().raw(), vmcore_.notes().raw()));
}

}  // namespace
}  // namespace kdump
