// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/merge_parts.h"

#include <gmock/gmock.h>

#include "makedumpfile/filter/bitmap.h"
#include "makedumpfile/format/kdump_writer.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

using test::MemorySink;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kPages = 1000;

class MergePartsTest : public testing::Test {
 protected:
  MergePartsTest() {
    vmcore_.add_note("CORE", 1, ByteVector(336));
    vmcore_.add_vmcoreinfo("OSRELEASE=6.1.0-test\n");
    dumpable_.set_range(dumpable_.window());
    dumpable_.clear_range({Pfn(400), Pfn(450)});
  }

  // Each page is 10 bytes "compressed", zero, lost, or as it is, in turn.
  static StoredPage fate(Pfn pfn) {
    constexpr StoredPage kFates[] = {{10, 1, PageFate::stored},
                                     {0, 0, PageFate::zero},
                                     {0, 0, PageFate::lost},
                                     {kPage, 0, PageFate::stored}};
    return kFates[pfn.value() % 4];
  }

  // The pages of `part`, as a file of all of them where it has them all.
  ByteVector write(PfnRange part) {
    KdumpParameters parameters;
    parameters.page_size = kPage;
    parameters.max_pfn = Pfn(kPages);
    parameters.dump_level = 31;
    parameters.codec = CodecId::zlib;
    parameters.notes = &vmcore_.notes();
    MemorySink sink;
    KdumpWriter writer(sink, parameters);
    EXPECT_TRUE(writer.write_header());
    EXPECT_TRUE(writer.write_bitmaps(Pfn(0), dumpable_.bytes(), dumpable_.bytes()));
    if (part.size() != kPages) {
      EXPECT_TRUE(writer.set_part(part, dumpable_.count()));
    }
    EXPECT_TRUE(writer.begin_pages(dumpable_.count_range(part), true));
    uint64_t index = 0;
    for (Pfn pfn = dumpable_.next_set(part.begin); pfn < part.end; pfn = dumpable_.next_set(pfn + 1)) {
      const StoredPage page = fate(pfn);
      const ByteVector data(page.size, static_cast<std::byte>(pfn.value() % 251));
      EXPECT_TRUE(writer.add({.index = index++, .pages = {&page, 1}, .data = data}));
    }
    EXPECT_TRUE(writer.finish());
    return sink.bytes;
  }

  static Result<ByteVector> merge(const std::vector<ByteVector>& files) {
    std::vector<std::unique_ptr<KdumpFile>> parts;
    for (const ByteVector& file : files)
      parts.push_back(TRY(KdumpFile::open(std::make_unique<test::MemorySource>(file, "part"))));
    const auto set = TRY(SplitSet::join(std::move(parts)));
    MemorySink sink;
    const uint64_t size = TRY(merge_parts(*set, sink, [](uint64_t) {}));
    EXPECT_EQ(size, sink.bytes.size());
    return sink.bytes;
  }

  test::FakeVmcore vmcore_;
  Bitmap dumpable_{{Pfn(0), Pfn(kPages)}};
};

TEST_F(MergePartsTest, MakesTheFileThatWasNotSplit) {
  const ByteVector whole = write({Pfn(0), Pfn(kPages)});
  const std::vector<ByteVector> parts{write({Pfn(300), Pfn(301)}), write({Pfn(301), Pfn(kPages)}),
                                      write({Pfn(0), Pfn(300)})};
  const auto merged = merge(parts);
  ASSERT_TRUE(merged) << merged.error().message();
  EXPECT_EQ(*merged, whole);
}

constexpr size_t kStatusByte = 424;
constexpr std::byte kIncomplete{8};

TEST_F(MergePartsTest, MarksTheMergedDumpIncompleteWhereAPartIs) {
  std::vector<ByteVector> parts{write({Pfn(0), Pfn(300)}), write({Pfn(300), Pfn(kPages)})};
  ByteVector whole = write({Pfn(0), Pfn(kPages)});
  parts[1][kStatusByte] |= kIncomplete;
  whole[kStatusByte] |= kIncomplete;
  const auto merged = merge(parts);
  ASSERT_TRUE(merged) << merged.error().message();
  EXPECT_EQ(*merged, whole);
}

TEST_F(MergePartsTest, LosesWhatAnIncompletePartDoesNotHave) {
  std::vector<ByteVector> parts{write({Pfn(0), Pfn(300)}), write({Pfn(300), Pfn(kPages)})};
  parts[1][kStatusByte] |= kIncomplete;
  parts[1].resize(parts[1].size() - 10 * kPage);
  const auto merged = merge(parts);
  ASSERT_TRUE(merged) << merged.error().message();
  const auto file = KdumpFile::open(std::make_unique<test::MemorySource>(*merged, "merged"));
  ASSERT_TRUE(file);
  ByteVector page(kPage);
  EXPECT_TRUE((*file)->read(PhysAddr(299 * kPage), page));
  EXPECT_TRUE((*file)->read(PhysAddr(303 * kPage), page));
  const Status last = (*file)->read(PhysAddr(999 * kPage), page);
  ASSERT_FALSE(last);
  EXPECT_THAT(last.error().message(), ::testing::HasSubstr("is lost"));
}

TEST_F(MergePartsTest, HasNoPagesWhereAnIncompletePartEndsBeforeItsDescriptors) {
  std::vector<ByteVector> parts{write({Pfn(0), Pfn(300)}), write({Pfn(300), Pfn(kPages)})};
  parts[0][kStatusByte] |= kIncomplete;
  const auto whole = KdumpFile::open(std::make_unique<test::MemorySource>(parts[0], "part"));
  ASSERT_TRUE(whole);
  parts[0].resize((*whole)->descriptor_offset(5) + 7);
  const auto merged = merge(parts);
  ASSERT_TRUE(merged) << merged.error().message();
  const auto file = KdumpFile::open(std::make_unique<test::MemorySource>(*merged, "merged"));
  ASSERT_TRUE(file);
  ByteVector page(kPage);
  EXPECT_FALSE((*file)->read(PhysAddr(3 * kPage), page));
  EXPECT_FALSE((*file)->read(PhysAddr(7 * kPage), page));
  EXPECT_TRUE((*file)->read(PhysAddr(303 * kPage), page));
}

TEST_F(MergePartsTest, KeepsDamageOfAZeroPage) {
  std::vector<ByteVector> parts{write({Pfn(0), Pfn(300)}), write({Pfn(300), Pfn(kPages)})};
  const auto part = KdumpFile::open(std::make_unique<test::MemorySource>(parts[0], "part"));
  ASSERT_TRUE(part);
  PageDescriptor zero;
  ASSERT_TRUE((*part)->read_descriptors(1, std::span(&zero, 1)));
  parts[0][zero.offset + 5] = std::byte{1};
  const auto merged = merge(parts);
  ASSERT_TRUE(merged) << merged.error().message();
  const auto file = KdumpFile::open(std::make_unique<test::MemorySource>(*merged, "merged"));
  ASSERT_TRUE(file);
  ByteVector page(kPage);
  ASSERT_TRUE((*file)->read(PhysAddr(1 * kPage), page));
  EXPECT_EQ(page[5], std::byte{1});
  ASSERT_TRUE((*file)->read(PhysAddr(301 * kPage), page));
  EXPECT_TRUE(all_zero(page));
}

TEST_F(MergePartsTest, RefusesAPageBehindTheEnd) {
  std::vector<ByteVector> parts{write({Pfn(0), Pfn(300)}), write({Pfn(300), Pfn(kPages)})};
  parts[1].resize(parts[1].size() - kPage);
  EXPECT_FALSE(merge(parts));
}

}  // namespace
}  // namespace kdump
