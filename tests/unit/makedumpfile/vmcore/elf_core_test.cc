// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/elf_core.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"

namespace kdump {
namespace {

using test::ElfCoreBuilder;
using test::MemorySource;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<std::unique_ptr<Vmcore>> open(ByteVector file) {
  return read_elf_core(std::make_unique<MemorySource>(std::move(file)));
}

ByteVector filled(size_t size, char value) { return ByteVector(size, std::byte(value)); }

std::string read_text(const Vmcore& core, uint64_t addr, size_t size) {
  ByteVector out(size);
  const Status read = core.read(PhysAddr(addr), out);
  return read ? std::string(text_of(out)) : "error: " + read.error().message();
}

// The message of the error that opening ends in.
std::string complaint(ByteVector file) {
  const auto core = open(std::move(file));
  return core ? "no error" : core.error().message();
}

template <typename E>
class ElfCoreOf : public ::testing::Test {};
using Orders = ::testing::Types<Little, Big>;
TYPED_TEST_SUITE(ElfCoreOf, Orders);

TYPED_TEST(ElfCoreOf, ReadsMemoryInEitherByteOrder) {
  ElfCoreBuilder<TypeParam> builder;
  builder.ehdr.e_machine = elf::EM_S390;
  builder.add(elf::PT_LOAD, 0x1000, 0x100000, 0x1000);
  builder.put(0x1000, filled(0x1000, 'a'));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_EQ((*core)->machine(), elf::EM_S390);
  EXPECT_EQ(read_text(**core, 0x100ffe, 2), "aa");
}

TYPED_TEST(ElfCoreOf, TellsWhereMemoryWasMapped) {
  ElfCoreBuilder<TypeParam> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0x100000, 0x1000).p_vaddr = 0xffffffff81000000;
  builder.add(elf::PT_LOAD, 0x2000, 0x200000, 0x1000);
  builder.put(0x1000, filled(0x2000, 'a'));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  ASSERT_EQ((*core)->virtual_segments().size(), 1U);
  EXPECT_EQ((*core)->virtual_segments()[0].vaddr, VirtAddr(0xffffffff81000000));
  EXPECT_EQ((*core)->virtual_segments()[0].range, (PhysRange{PhysAddr(0x100000), PhysAddr(0x101000)}));
}

TYPED_TEST(ElfCoreOf, CountsProgramHeadersBeyond16Bits) {
  ElfCoreBuilder<TypeParam> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0x100000, 0x1000);
  builder.ehdr.e_phnum = elf::PN_XNUM;
  builder.ehdr.e_shoff = 0x800;
  elf::Shdr64<TypeParam> section{};
  section.sh_info = 1;
  builder.put(0x800, bytes_of(section));
  builder.put(0x1000, filled(0x1000, 'a'));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_EQ((*core)->memory_map().segments().size(), 1U);
}

TEST(ElfCore, HonoursThePlaceOfProgramHeadersAndNotes) {
  ElfCoreBuilder<> builder;
  builder.ehdr.e_phoff = 0x4000;
  const ByteVector first = test::note_bytes("CORE", elf::NT_PRSTATUS, filled(3, 'x'));
  const ByteVector second = test::note_bytes("VMCOREINFO", 0, bytes_of(std::string_view("A=1")));
  builder.put(0x2000, first);
  builder.put(0x3000, second);
  builder.add(elf::PT_NOTE, 0x2000, 0, first.size() - 1);  // the last note's padding may be missing
  builder.add(elf::PT_LOAD, 0x1000, 0, 0x1000);
  builder.add(elf::PT_NOTE, 0x3000, 0, second.size());
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_EQ((*core)->notes().cpu_count(), 1U);
  EXPECT_EQ((*core)->notes().vmcoreinfo(), "A=1");
  EXPECT_EQ((*core)->notes().damage(), "");
}

TEST(ElfCore, IgnoresLoadsWithoutPhysicalAddressOrMemory) {
  ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, UINT64_MAX, 0x1000);
  builder.add(elf::PT_LOAD, 0x1000, 0x5000, 0);
  builder.put(0x1000, filled(0x1000, 'a'));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_TRUE((*core)->memory_map().segments().empty());
}

TEST(ElfCore, MemoryExcludedByAnEarlierFilterIsInTheMapAlone) {
  ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0x10000, 0x1000).p_memsz = 0x8000;
  builder.add(elf::PT_LOAD, 0, 0x20000, 0).p_memsz = 0x1000;
  builder.put(0x1000, filled(0x1000, 'a'));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_EQ((*core)->memory_map().max_pfn(12), Pfn(0x21));
  EXPECT_THAT(*(*core)->excluded_earlier({Pfn(0), Pfn(0x40)}, 12),
              ElementsAre(PfnRange{Pfn(0x11), Pfn(0x18)}, PfnRange{Pfn(0x20), Pfn(0x21)}));
  EXPECT_THAT(*(*core)->excluded_earlier({Pfn(0x12), Pfn(0x14)}, 12),
              ElementsAre(PfnRange{Pfn(0x12), Pfn(0x14)}));
  EXPECT_EQ(read_text(**core, 0x10fff, 1), "a");
  EXPECT_THAT(read_text(**core, 0x11000, 1), HasSubstr("physical address 0x11000 was excluded"));
  EXPECT_THAT(read_text(**core, 0x18000, 1), HasSubstr("physical address 0x18000 is not in the dump"));
}

TEST(ElfCore, AReadMayCrossSegments) {
  ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x2000, 0x10000, 0x1000);
  builder.add(elf::PT_LOAD, 0x1000, 0x11000, 0x1000);
  builder.put(0x2000, filled(0x1000, 'a'));
  builder.put(0x1000, filled(0x1000, 'b'));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_EQ(read_text(**core, 0x10ffe, 4), "aabb");
}

TEST(ElfCore, TheRestOfAPartlyStoredPageReadsAsZeros) {
  ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0x10010, 2);
  builder.put(0x1000, filled(0x1000, 'a'));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_EQ(read_text(**core, 0x1000f, 4), std::string("\0aa\0", 4));
  EXPECT_EQ(read_text(**core, 0x10fff, 1), std::string("\0", 1));
  EXPECT_THAT(read_text(**core, 0x10fff, 2), HasSubstr("0x11000"));
  EXPECT_THAT(read_text(**core, 0xffff, 1), HasSubstr("0xffff"));
}

TEST(ElfCore, ATruncatedFileLosesOnlyWhatIsMissing) {
  ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0x10000, 0x3000);
  builder.put(0x1000, filled(0x1800, 'a'));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_EQ(read_text(**core, 0x10ffe, 2), "aa");
  EXPECT_THAT(read_text(**core, 0x12000, 4), HasSubstr("core: offset 0x3000"));
}

TEST(ElfCore, RefusesForeignAndHostileHeaders) {
  const auto broken = [](const auto& change) {
    ElfCoreBuilder<> builder;
    builder.add(elf::PT_LOAD, 0x1000, 0x10000, 0x1000);
    builder.put(0x1000, filled(0x1000, 'a'));
    change(builder);
    return complaint(builder.build());
  };
  using Builder = ElfCoreBuilder<>;
  EXPECT_THAT(complaint({}), HasSubstr("core: offset 0x0: ELF identification"));
  EXPECT_THAT(complaint(filled(100, 'x')), HasSubstr("core: no dump"));
  EXPECT_THAT(broken([](Builder& b) { b.ehdr.e_ident[elf::EI_CLASS] = elf::ELFCLASS32; }),
              HasSubstr("EI_CLASS"));
  EXPECT_THAT(broken([](Builder& b) { b.ehdr.e_ident[elf::EI_DATA] = 3; }), HasSubstr("EI_DATA"));
  EXPECT_THAT(broken([](Builder& b) { b.ehdr.e_type = 2; }), HasSubstr("offset 0x10: e_type: 2"));
  EXPECT_THAT(broken([](Builder& b) { b.ehdr.e_phentsize = 32; }), HasSubstr("e_phentsize: 32, expected 56"));
  EXPECT_THAT(broken([](Builder& b) { b.ehdr.e_phnum = 0xfffe; }), HasSubstr("program headers (e_phoff)"));
  EXPECT_THAT(broken([](Builder& b) {
                b.ehdr.e_phnum = elf::PN_XNUM;
                b.ehdr.e_shoff = UINT64_MAX;
              }),
              HasSubstr("offset 0xffffffffffffffff: section header 0"));
  EXPECT_THAT(broken([](Builder& b) {
                elf::Shdr64<Little> section{};
                section.sh_info = UINT32_MAX;
                b.put(0x800, bytes_of(section));
                b.ehdr.e_phnum = elf::PN_XNUM;
                b.ehdr.e_shoff = 0x800;
              }),
              HasSubstr("4294967295 program headers"));
  EXPECT_THAT(broken([](Builder& b) { b.phdrs[0].p_paddr = UINT64_MAX - 1; }),
              HasSubstr("go beyond 64 bits"));
  EXPECT_THAT(broken([](Builder& b) { b.phdrs[0].p_offset = UINT64_MAX - 1; }),
              HasSubstr("go beyond 64 bits"));
  EXPECT_THAT(broken([](Builder& b) { b.add(elf::PT_NOTE, 0x1000, 0, uint64_t{1} << 40); }),
              HasSubstr("notes (p_filesz)"));
  EXPECT_THAT(broken([](Builder& b) { b.add(elf::PT_NOTE, 0x1000, 0, 0x1001); }),
              HasSubstr("offset 0x1000: notes"));
}

TEST(ElfCore, ADamagedHeadOfTheFileIsCut) {
  ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0x10000, 0x1000);
  ByteVector file = builder.build();
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(complaint(ByteVector(file.begin(), file.begin() + static_cast<ptrdiff_t>(size))), "no error")
        << size;
  }
}

}  // namespace
}  // namespace kdump
