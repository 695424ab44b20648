// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/split_set.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/kdump_builder.h"

namespace kdump {
namespace {

using test::KdumpBuilder;
using test::MemorySource;
using ::testing::HasSubstr;

constexpr uint64_t kPage = 4096;

KdumpBuilder<> builder_of_set() {
  KdumpBuilder<> builder;
  for (uint64_t pfn = 2; pfn < 12; ++pfn) builder.add(pfn, static_cast<char>('a' + pfn));
  builder.add_excluded(12);
  return builder;
}

struct PartPlan {
  uint64_t begin, end;
};

class SplitSetTest : public ::testing::Test {
 protected:
  void add(KdumpBuilder<>& builder, const std::string& name) {
    auto file = KdumpFile::open(std::make_unique<MemorySource>(builder.build(), name));
    ASSERT_TRUE(file) << file.error().message();
    parts_.push_back(std::move(*file));
  }
  void add(PartPlan plan, const std::string& name) {
    KdumpBuilder<> builder = builder_of_set();
    builder.split(plan.begin, plan.end);
    add(builder, name);
  }
  std::string complaint() {
    const auto set = SplitSet::join(std::move(parts_));
    return set ? "no error" : set.error().message();
  }

  std::vector<std::unique_ptr<KdumpFile>> parts_;
};

TEST_F(SplitSetTest, ReadsAcrossItsFilesInAnyOrder) {
  add({8, 64}, "second");
  add({0, 8}, "first");
  const auto set = SplitSet::join(std::move(parts_));
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_EQ((*set)->name(), "first");
  ByteVector out(10 * kPage);
  const Status read = (*set)->read(PhysAddr(2 * kPage), out);
  ASSERT_TRUE(read) << read.error().message();
  for (size_t i = 0; i < 10; ++i)
    EXPECT_EQ(std::to_integer<char>(out[i * kPage]), static_cast<char>('c' + i));
  EXPECT_FALSE((*set)->read(PhysAddr(12 * kPage), MutableBytes(out).first(1)));
  EXPECT_FALSE((*set)->read(PhysAddr(1000 * kPage), MutableBytes(out).first(1)));
  EXPECT_EQ((*set)->excluded_earlier({Pfn(0), Pfn(64)}, 12)->size(), 1U);
}

// makedumpfile of kexec-tools tells in each file what was erased in its pages, ours tells all of it in each.
TEST_F(SplitSetTest, TellsWhatWasErasedOnce) {
  for (const auto& [plan, lines] : {std::pair(PartPlan{0, 4}, "erase a size 4\n"),
                                    {PartPlan{4, 8}, "erase b nullify\n"},
                                    {PartPlan{8, 64}, "erase a size 4\n"}}) {
    KdumpBuilder<> builder = builder_of_set();
    builder.split(plan.begin, plan.end);
    builder.notes = test::note_bytes("ELSE", 1, bytes_of(std::string_view(lines)));
    builder.sub.offset_eraseinfo = kPage + sizeof builder.sub + 12 + 8;
    builder.sub.size_eraseinfo = std::string_view(lines).size();
    add(builder, fmt::format("part {}", plan.begin));
  }
  const auto set = SplitSet::join(std::move(parts_));
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_EQ((*set)->erase_info(), "erase a size 4\nerase b nullify\n");
}

TEST_F(SplitSetTest, NamesTheFileThatIsWrong) {
  add({0, 8}, "first");
  add({7, 64}, "second");
  EXPECT_THAT(complaint(), HasSubstr("second: holds pages 0x7 to 0x40, of which first has some"));
  add({0, 8}, "first");
  add({9, 64}, "second");
  EXPECT_THAT(complaint(), HasSubstr("pages 0x8 to 0x9, before those of second, is missing"));
  add({0, 8}, "first");
  EXPECT_THAT(complaint(), HasSubstr("pages 0x8 to 0x40, behind those of first, is missing"));
  EXPECT_THAT(complaint(), HasSubstr("no file"));
}

TEST_F(SplitSetTest, RefusesFilesOfOtherDumps) {
  add({0, 8}, "first");
  KdumpBuilder<> whole = builder_of_set();
  add(whole, "whole");
  EXPECT_THAT(complaint(), HasSubstr("whole: is a whole dump"));

  add({0, 8}, "first");
  KdumpBuilder<> later = builder_of_set();
  later.split(8, 64);
  later.header.timestamp_sec = 5;
  add(later, "later");
  EXPECT_THAT(complaint(), HasSubstr("later: its timestamp is not that of first"));

  add({0, 8}, "first");
  KdumpBuilder<> other = builder_of_set();
  other.split(8, 64);
  other.dumpable.erase(9);
  add(other, "other");
  EXPECT_THAT(complaint(), HasSubstr("other: its bitmap 2 is not that of first"));
}

}  // namespace
}  // namespace kdump
