// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/named_facts.h"

#include <gmock/gmock.h>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump {
namespace {

using test::FakeKernel;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr uint64_t kBase = FakeKernel::kImageBase;
// The fake kernel's image begins at its 6th megabyte; it was linked 512 KiB below.
constexpr uint64_t kShift = uint64_t{512} << 10;
constexpr uint64_t kText = kBase + (uint64_t{6} << 20);

std::string symbol_line(std::string_view name, uint64_t addr) {
  return fmt::format("SYMBOL({})={:x}\n", name, addr);
}

// A vmlinux of the fake kernel, linked kShift below where it runs.
NamedFacts vmlinux_of(const FakeKernel& kernel, const std::string& more = "") {
  return {"vmlinux", elf::EM_X86_64,
          Vmcoreinfo("OSRELEASE=6.1.0-test\n" + symbol_line("_text", kText - kShift) +
                     symbol_line("init_top_pgt", kBase + kernel.root() - kShift) + more)};
}

// The fake kernel's dump with these lines alone.
struct Dump {
  explicit Dump(const std::string& lines, int levels = 4, uint64_t sme_mask = 0) : kernel(levels, sme_mask) {
    kernel.vmcore().add_vmcoreinfo(lines);
  }
  Result<KernelInfo> info(const NamedFacts& named) { return read_kernel_info(kernel.vmcore(), named); }
  std::string error(const NamedFacts& named) {
    const auto result = info(named);
    EXPECT_FALSE(result);
    return result ? std::string() : result.error().message();
  }
  void map_image() { kernel.vmcore().add_virtual_segment(kText, kText - kBase, uint64_t{8} << 20); }

  FakeKernel kernel;
};

const std::string kPlaced =
    fmt::format("OSRELEASE=6.1.0-test\nNUMBER(phys_base)=0\nKERNELOFFSET={:x}\n", kShift);

TEST(NamedFacts, FindThePageTablesOfADumpThatDoesNotTellThem) {
  Dump dump(kPlaced);
  const auto info = dump.info(vmlinux_of(dump.kernel, "SIZE(page)=64\n"));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_TRUE(info->address_space().translate(VirtAddr(kBase + 0x5000)));
  EXPECT_EQ(info->facts().symbol("_text"), VirtAddr(kText));
  EXPECT_EQ(info->facts().find("SIZE(page)")->source, FactSource::named_file);
}

TEST(NamedFacts, WhatTheDumpSaysStays) {
  Dump dump(kPlaced + "SIZE(page)=56\n");
  const auto info = dump.info(vmlinux_of(dump.kernel, "SIZE(page)=64\n"));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->facts().size("page"), 56U);
  EXPECT_EQ(info->facts().find("SIZE(page)")->source, FactSource::vmcoreinfo);
}

TEST(NamedFacts, WhatFollowsFromThemIsInferredAfterThem) {
  Dump dump(kPlaced);
  const auto info = dump.info(vmlinux_of(dump.kernel, "NUMBER(SECTION_SIZE_BITS)=30\n"));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->facts().number("SECTION_SIZE_BITS"), 30);
  EXPECT_EQ(info->facts().number("MAX_PHYSMEM_BITS"), 46);
}

TEST(NamedFacts, TheImagesPtLoadTellsWhereItWas) {
  Dump dump("OSRELEASE=6.1.0-test\n");
  dump.kernel.vmcore().add_virtual_segment(0xffff888000000000, 0, FakeKernel::kMemorySize);
  dump.kernel.vmcore().add_virtual_segment(kText + (uint64_t{512} << 20), 0, 4096);  // a module's
  dump.map_image();
  const auto info = dump.info(vmlinux_of(dump.kernel));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->facts().symbol("_text"), VirtAddr(kText));
  EXPECT_EQ(info->facts().number("phys_base"), 0);
  EXPECT_TRUE(info->address_space().translate(VirtAddr(kText)));
}

TEST(NamedFacts, ASymbolThatTheDumpHasTellsWhereItWas) {
  Dump dump("OSRELEASE=6.1.0-test\nNUMBER(phys_base)=0\n" + symbol_line("prb", kBase + 0x909000));
  const auto info = dump.info(vmlinux_of(dump.kernel, symbol_line("prb", kBase + 0x909000 - kShift)));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->facts().symbol("_text"), VirtAddr(kText));
}

TEST(NamedFacts, WithoutAPlaceTheyAreRefused) {
  Dump dump("OSRELEASE=6.1.0-test\n");
  EXPECT_THAT(dump.error(vmlinux_of(dump.kernel)),
              AllOf(HasSubstr("fake: nothing tells where its kernel was"), HasSubstr("KERNELOFFSET"),
                    HasSubstr("vmlinux")));
}

TEST(NamedFacts, TheNumberOfLevelsIsTriedOut) {
  for (const int levels : {4, 5}) {
    Dump dump(kPlaced, levels);
    const auto info = dump.info(vmlinux_of(dump.kernel));
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->facts().number("pgtable_l5_enabled"), levels == 5 ? 1 : 0);
    EXPECT_EQ(info->facts().number("MAX_PHYSMEM_BITS"), levels == 5 ? 52 : 46);
    EXPECT_TRUE(info->address_space().translate(VirtAddr(kText))) << levels;
  }
}

TEST(NamedFacts, TheEncryptionMaskIsReadFromItsVariable) {
  constexpr uint64_t kMask = uint64_t{1} << 47;
  Dump dump(kPlaced, 4, kMask);
  dump.kernel.vmcore().put_value<le64>(0x907000, kMask);
  const auto info = dump.info(vmlinux_of(dump.kernel, symbol_line("sme_me_mask", kBase + 0x907000 - kShift)));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_TRUE(info->address_space().translate(VirtAddr(kText)));
}

TEST(NamedFacts, OnlyAddressesOfTheImageMove) {
  Dump dump(kPlaced);
  const auto info = dump.info(vmlinux_of(
      dump.kernel, symbol_line("current_task", 0x1fbc0) + symbol_line("vmemmap", 0xffffea0000000000)));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->facts().symbol("current_task"), VirtAddr(0x1fbc0));
  EXPECT_FALSE(info->facts().symbol("vmemmap"));  // of the heap, of another boot
}

TEST(NamedFacts, LinesOfTheSameBootAreTakenAsTheyAre) {
  Dump dump(kPlaced);
  NamedFacts named = vmlinux_of(dump.kernel);
  named.machine = 0;
  named.lines = Vmcoreinfo(fmt::format("OSRELEASE=6.1.0-test\nKERNELOFFSET={:x}\n", kShift) +
                           symbol_line("init_top_pgt", kBase + dump.kernel.root()) +
                           symbol_line("vmemmap", 0xffffea0000000000) + "NUMBER(VMALLOC_START)=5\n");
  const auto info = dump.info(named);
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->facts().symbol("vmemmap"), VirtAddr(0xffffea0000000000));
  EXPECT_EQ(info->facts().number("VMALLOC_START"), 5);
  EXPECT_TRUE(info->address_space().translate(VirtAddr(kText)));
}

TEST(NamedFacts, LinesOfAnotherBootMoveByTheDifference) {
  Dump dump(kPlaced);
  NamedFacts named = vmlinux_of(dump.kernel);
  named.lines = Vmcoreinfo(
      fmt::format("OSRELEASE=6.1.0-test\nKERNELOFFSET={:x}\nNUMBER(phys_base)=4096\n", kShift * 2) +
      symbol_line("init_top_pgt", kBase + dump.kernel.root() + kShift));
  const auto info = dump.info(named);
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->facts().number("phys_base"), 0);
  EXPECT_TRUE(info->address_space().translate(VirtAddr(kText)));
}

TEST(NamedFacts, AnotherKernelsAreRefused) {
  Dump dump(kPlaced);
  NamedFacts named = vmlinux_of(dump.kernel);
  named.lines.set("OSRELEASE", "6.12.0");
  const auto info = dump.info(named);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().kind(), ErrorKind::mismatch);
  EXPECT_THAT(info.error().message(),
              AllOf(HasSubstr("6.12.0"), HasSubstr("6.1.0-test"), HasSubstr("vmlinux")));

  Dump other(kPlaced);
  named = vmlinux_of(other.kernel);
  named.machine = elf::EM_AARCH64;
  EXPECT_THAT(other.error(named), HasSubstr("ELF machine 183"));
}

TEST(NamedFacts, WithoutAReleaseTheDumpsMemoryTellsIt) {
  Dump dump("NUMBER(phys_base)=0\n");
  dump.map_image();
  diskdump::UtsName name{};
  std::memcpy(name.release, "6.1.0-test", 10);
  dump.kernel.vmcore().put_value(0x909000, name);
  NamedFacts named = vmlinux_of(dump.kernel, symbol_line("init_uts_ns", kBase + 0x909000 - kShift));
  ASSERT_TRUE(dump.info(named));
  named.lines.set("OSRELEASE", "6.12.0");
  EXPECT_THAT(dump.error(named), HasSubstr("6.12.0"));
  named.lines.set("SYMBOL(init_uts_ns)", fmt::format("{:x}", kBase + 0x90a000 - kShift));
  EXPECT_THAT(dump.error(named), HasSubstr("is that of another kernel?"));
}

TEST(NamedFacts, AnotherBuildOfTheSameReleaseIsRefused) {
  Dump dump(kPlaced + "BUILD-ID=0011\n");
  EXPECT_TRUE(dump.info(vmlinux_of(dump.kernel, "BUILD-ID=0011\n")));
  EXPECT_THAT(dump.error(vmlinux_of(dump.kernel, "BUILD-ID=0022\n")),
              AllOf(HasSubstr("0011"), HasSubstr("0022"), HasSubstr("another build")));
}

// Some kernels get their own build id wrong.
TEST(NamedFacts, TheNotesInMemoryHaveTheLastWordOnTheBuildId) {
  Dump dump(kPlaced + "BUILD-ID=0011\n");
  const uint8_t id[] = {0xab, 0xcd, 0xef, 0x01};
  dump.kernel.vmcore().put(0x908123, std::as_bytes(std::span(id)));
  const std::string notes = symbol_line("__start_notes", kBase + 0x908000 - kShift) +
                            symbol_line("__stop_notes", kBase + 0x908200 - kShift);
  EXPECT_TRUE(dump.info(vmlinux_of(dump.kernel, notes + "BUILD-ID=abcdef01\n")));
  EXPECT_FALSE(dump.info(vmlinux_of(dump.kernel, notes + "BUILD-ID=abcdef02\n")));
}

}  // namespace
}  // namespace kdump
